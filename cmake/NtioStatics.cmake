# Says when a driver's image has constructors of globals: cmake -DNM=<nm> -DIMAGE=<file> -P NtioStatics.cmake
# Windows runs none of them (Microsoft's linker warns, too: LNK4210); here the host's loader does, before DriverEntry.
execute_process(COMMAND ${NM} ${IMAGE} OUTPUT_VARIABLE _out ERROR_QUIET)
string(REGEX MATCHALL "_GLOBAL__sub_I_[A-Za-z_][^\n]*" _found "${_out}")
if(_found)
  get_filename_component(_name ${IMAGE} NAME)
  string(REPLACE ";" ", " _found "${_found}")
  message("warning: ${_name} has globals with constructors (${_found}); Windows' kernel would not call them")
endif()
