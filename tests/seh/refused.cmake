# What ntio_add_driver, or else COMPILER, has to say to the driver source FILE; its first lines tell what is expected. Fails when it
# is something else.
cmake_minimum_required(VERSION 3.20)
file(STRINGS "${FILE}" _lines REGEX "^/[*] (options|expect): ")
set(_options "")
foreach(_line IN LISTS _lines)
  if(_line MATCHES "options: (.*) [*]/")
    set(_options ${CMAKE_MATCH_1})
  elseif(_line MATCHES "expect: (.*) [*]/")
    set(_expected "${CMAKE_MATCH_1}")
  endif()
endforeach()

# In a process of its own: it ends with an error.
if(ONLY_SCAN)
  include(${SOURCE_DIR}/cmake/NtioSeh.cmake)
  _ntio_check_seh(driver ddk "${FILE}")
  return()
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -DONLY_SCAN=1 -DFILE=${FILE} -DSOURCE_DIR=${SOURCE_DIR} -P ${CMAKE_CURRENT_LIST_FILE}
  ERROR_VARIABLE _said RESULT_VARIABLE _result)
if(_result EQUAL 0)
  execute_process(COMMAND ${COMPILER} -fsyntax-only -std=gnu11 -O0 ${OPTIONS} ${_options} ${FILE}
    ERROR_VARIABLE _said RESULT_VARIABLE _result)
endif()
message("${_said}")
string(REGEX REPLACE "[ \n]+" " " _said "${_said}")
if(NOT _said MATCHES "${_expected}")
  message(FATAL_ERROR "expected: ${_expected}")
endif()
