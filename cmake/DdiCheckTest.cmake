# Sees that DdiCheck.cmake finds what is wrong: cmake -DROOT=<source tree> -DNM=<nm> -DLIBRARY=<file> -DWORK=<folder> -P DdiCheckTest.cmake
# It runs it over lists that have a name too many, one too few, and one twice.
cmake_minimum_required(VERSION 3.20)

function(expect_failure list message)
  file(MAKE_DIRECTORY ${WORK}/src ${WORK}/docs/facts)
  file(WRITE ${WORK}/src/ddi.def "${list}")
  file(COPY ${ROOT}/docs/facts/ddi.tsv DESTINATION ${WORK}/docs/facts)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${WORK} -DNM=${NM} -DLIBRARY=${LIBRARY}
    -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/DdiCheck.cmake
    RESULT_VARIABLE _status OUTPUT_VARIABLE _out ERROR_VARIABLE _errors)
  string(REGEX REPLACE "[ \n]+" " " _errors "${_errors}")
  if(_status EQUAL 0 OR NOT _errors MATCHES "${message}")
    message(SEND_ERROR "expected a failure with \"${message}\", got ${_status}: ${_errors}")
  endif()
endfunction()

file(READ ${ROOT}/src/ddi.def _list)
set(_line "DDI(IoCallDriverTwice, io, PASSIVE, DISPATCH, irp)\n")
expect_failure("${_list}${_line}" "lists IoCallDriverTwice, which the library does not export")
string(REGEX REPLACE "DDI\\(IoAllocateIrp,[^\n]*\n" "" _without "${_list}")
expect_failure("${_without}" "exports IoAllocateIrp, which has no line")
string(REGEX MATCH "DDI\\(IoAllocateIrp,[^\n]*\n" _line "${_list}")
expect_failure("${_list}${_line}" "IoAllocateIrp stands in src/ddi.def twice")
