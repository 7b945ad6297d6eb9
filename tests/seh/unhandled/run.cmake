cmake_minimum_required(VERSION 3.20)
execute_process(COMMAND ${PROGRAM} ${ARGUMENTS} RESULT_VARIABLE _result OUTPUT_VARIABLE _said ERROR_VARIABLE _told)
message("${_said}${_told}ended with ${_result}")
