# C++ sources of drivers, clients and tests. A project of C alone needs no C++ compiler: only a target with a C++ source asks for
# the language, which the project has to name (enable_language cannot be called from within a function).

set(NTIO_CXX_STATICS ${CMAKE_CURRENT_LIST_DIR}/NtioStatics.cmake CACHE INTERNAL "")

# Whether there are C++ sources among `sources`; refuses them where the project has not enabled C++.
function(_ntio_has_cxx target sources out)
  set(${out} FALSE PARENT_SCOPE)
  foreach(_source IN LISTS sources)
    if(_source MATCHES "\\.([cC][pP][pP]|[cC][xX][xX]|cc|c\\+\\+)$")
      if(NOT CMAKE_CXX_COMPILER_LOADED)
        message(FATAL_ERROR "${target}: ${_source} is C++. Say so in the project, project(<name> C CXX), "
          "and install a C++ compiler (Debian: g++ or clang, Fedora: gcc-c++ or clang, Alpine: g++).")
      endif()
      set(${out} TRUE PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# What Microsoft's compiler takes for granted. It calls no constructor where an operator new gave NULL (-fcheck-new), lets literals
# be PWSTR, a goto skip an initialisation, the address of a temporary be taken, braces narrow, and offsetof be asked of a structure with a base.
function(_ntio_cxx_options out)
  set(_options -Wno-unknown-pragmas -Wno-multichar -Wno-pragmas -Wno-write-strings -Wno-narrowing -Wno-invalid-offsetof
    -Wno-register)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # clang can do that like Microsoft's when asked; it still says that it is compatible with gcc 4.2.1, as it does by itself.
    list(APPEND _options -fms-compatibility -fms-compatibility-version=19.30 -fgnuc-version=4.2.1)
    list(APPEND _options -Wno-ignored-pragmas -Wno-microsoft -Wno-pragma-pack -Wno-nonportable-include-path
      -Wno-writable-strings -Wno-address-of-temporary -Wno-c++11-narrowing -fsized-deallocation -fdelayed-template-parsing)
    if(NOT CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17)
      list(APPEND _options -fcheck-new)
    endif()
  else()
    list(APPEND _options -fcheck-new -fpermissive -Wno-class-memaccess -Wno-template-body)
  endif()
  set(${out} ${_options} PARENT_SCOPE)
endfunction()

# Whether a client's files include a header of the C++ library (one without .h): then ntio_cxx.h reads all of it first.
function(_ntio_cxx_library target side files)
  if(side STREQUAL "ddk")
    return()
  endif()
  foreach(_file IN LISTS files)
    if(EXISTS "${_file}")
      file(STRINGS "${_file}" _lines REGEX "^[ \t]*#[ \t]*include[ \t]*<[a-z_]+>" LIMIT_COUNT 1)
      if(_lines)
        target_compile_definitions(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:NTIO_CXX_LIBRARY=1>)
        return()
      endif()
    endif()
  endforeach()
endfunction()

# The checks of a driver's C code that the C++ compiler knows, too.
function(_ntio_cxx_checks out)
  include(CheckCXXCompilerFlag)
  set(_known "")
  foreach(_check IN LISTS NTIO_DRIVER_CHECKS)
    string(MAKE_C_IDENTIFIER "NTIO_CXX_HAS_${_check}" _variable)
    check_cxx_compiler_flag(${_check} ${_variable})
    if(${_variable})
      list(APPEND _known ${_check})
    endif()
  endforeach()
  set(${out} ${_known} PARENT_SCOPE)
endfunction()

# What a driver's image takes from an archive if it needs it.
function(_ntio_cxx_archive target)
  set(_sources ${NTIO_TEMPLATES}/delete.cpp ${NTIO_TEMPLATES}/delete_array.cpp)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND "${NTIO_INSTRUMENT};${CMAKE_C_FLAGS}" MATCHES "sanitize=[a-z,]*(address|thread|leak)")
    # The sanitizer's library, which has all of these operators, is in front. Of two definitions the driver's is the first.
    target_sources(${target} PRIVATE ${_sources})
    return()
  endif()
  if(NOT TARGET ntio_delete)
    add_library(ntio_delete STATIC EXCLUDE_FROM_ALL ${_sources})
    set_target_properties(ntio_delete PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden CXX_STANDARD 17)
    target_compile_options(ntio_delete PRIVATE -fno-exceptions -fno-omit-frame-pointer)
  endif()
  target_link_libraries(${target} PRIVATE ntio_delete)
endfunction()

# Both sides' C++ as Microsoft's project files have it; `side` is ddk or sdk.
function(_ntio_cxx_side target side)
  _ntio_cxx_options(_options)
  list(TRANSFORM _options REPLACE "(.+)" "$<$<COMPILE_LANGUAGE:CXX>:\\1>")
  target_compile_options(${target} PRIVATE ${_options})
  if(NOT CMAKE_CXX_STANDARD)
    set_target_properties(${target} PROPERTIES CXX_STANDARD 17)
  endif()
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS ON)
  if(NOT side STREQUAL "ddk")
    # The C run-time library's names are functions here (ntio_cxx.h), of which the compiler knows less than it believes.
    set(_unknown "")
    foreach(_function IN ITEMS printf fprintf vprintf vfprintf sprintf vsprintf snprintf vsnprintf scanf fscanf sscanf)
      list(APPEND _unknown -fno-builtin-${_function})
    endforeach()
    list(TRANSFORM _unknown REPLACE "(.+)" "$<$<COMPILE_LANGUAGE:CXX>:\\1>")
    target_compile_options(${target} PRIVATE ${_unknown} "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ntio_cxx.h>")
    if(NOT APPLE)
      target_link_options(${target} PRIVATE -Wl,--version-script=${NTIO_TEMPLATES}/program.map)
    endif()
    return()
  endif()
  set(_language -fno-exceptions -fno-rtti -fno-threadsafe-statics)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    list(APPEND _language -fno-sanitize=function,vptr) # they need type information
  endif()
  _ntio_cxx_checks(_checks)
  foreach(_option IN LISTS _language _checks)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${_option}>)
  endforeach()
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON LINKER_LANGUAGE C)
  # CMake would hand the C++ library to the linker whatever links; the kernel has none, so an empty one is found first.
  set(_none ${CMAKE_CURRENT_BINARY_DIR}/ntio/${target}/none)
  foreach(_library IN ITEMS stdc++ c++ c++abi supc++)
    _ntio_write("${_none}/lib${_library}.a" "!<arch>\n")
  endforeach()
  target_link_options(${target} PRIVATE -L${_none})
  if(CMAKE_NM)
    add_custom_command(TARGET ${target} POST_BUILD COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM}
      -DIMAGE=$<TARGET_FILE:${target}> -P ${NTIO_CXX_STATICS} VERBATIM)
  endif()
endfunction()
