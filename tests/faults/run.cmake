# Shows what PROGRAM prints with the arguments in ARGUMENTS, however it ends: a test that ends by a signal fails whatever it said.
execute_process(COMMAND ${PROGRAM} ${ARGUMENTS} OUTPUT_VARIABLE _text ERROR_VARIABLE _text RESULT_VARIABLE _result)
message("${_text}\nended with ${_result}")
