cmake_minimum_required(VERSION 3.20)
# Runs the command in the first line of CASE ("$ ntio ...") in FOLDER and compares stdout, then stderr, then "exit N",
# with the other lines. With -DREWRITE=1 it writes them instead, to be read before they are committed.
file(READ ${CASE} _text)
string(REPLACE "@VERSION@" "${VERSION}" _text "${_text}")
string(REGEX MATCH "^\\$ ntio ?([^\n]*)\n" _line "${_text}")
if(NOT _line)
  message(FATAL_ERROR "${CASE}: the first line is not '$ ntio ...'")
endif()
separate_arguments(_arguments UNIX_COMMAND "${CMAKE_MATCH_1}")
execute_process(COMMAND ${TOOL} ${_arguments} WORKING_DIRECTORY ${FOLDER}
  OUTPUT_VARIABLE _out ERROR_VARIABLE _err RESULT_VARIABLE _exit)
set(_actual "${_line}${_out}${_err}exit ${_exit}\n")
if(REWRITE)
  file(WRITE ${CASE} "${_actual}")
elseif(NOT _actual STREQUAL _text)
  message(FATAL_ERROR "expected\n${_text}\ngot\n${_actual}")
endif()
