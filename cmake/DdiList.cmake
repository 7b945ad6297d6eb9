# What the DDI list and its check share: which DDIs there are, by src/ddi.def and by the headers.
# Wants ROOT, the top of the source tree, and for ddi_inline CC, a C compiler.

set(DDI_PREFIXES "Cc|Cm|Dbg|Etw|Ex|FsRtl|Hal|Io|Iof|Kd|Ke|Kf|Mm|Nt|Ob|Pf|Pfx|Po|Ps|Rtl|Se|Wmi|Zw")

# The names in ddi.def.
function(ddi_exported out)
  file(STRINGS ${ROOT}/src/ddi.def _lines REGEX "^DDI\\(")
  set(_names "")
  foreach(_line IN LISTS _lines)
    if(_line MATCHES "^DDI\\(([A-Za-z_0-9]+)[ ,]")
      list(APPEND _names ${CMAKE_MATCH_1})
    endif()
  endforeach()
  set(${out} "${_names}" PARENT_SCOPE)
endfunction()

# The functions of ntstrsafe.h and ntintsafe.h, whose names macros put together: only the preprocessor sees them whole.
function(ddi_made_by_macros out)
  set(_source ${CMAKE_CURRENT_BINARY_DIR}/ddi_made_by_macros.c)
  file(WRITE ${_source} "#include <ntifs.h>\n#include <ntstrsafe.h>\n#include <ntintsafe.h>\n")
  execute_process(COMMAND ${CC} -E -P -fshort-wchar -fms-extensions -I${ROOT}/include/ddk -I${ROOT}/include/nt ${_source}
    OUTPUT_VARIABLE _text ERROR_VARIABLE _errors RESULT_VARIABLE _status)
  if(NOT _status EQUAL 0)
    message(FATAL_ERROR "${CC} cannot preprocess the driver's headers: ${_errors}")
  endif()
  string(REGEX REPLACE "[][;]" " " _text "${_text}") # what CMake takes for lists
  # A definition: parameters, and a body behind them.
  string(REGEX MATCHALL "Rtl[A-Za-z_0-9]+[ \t]*\\([^(){}]*\\)[ \t\r\n]*{" _names "${_text}")
  list(TRANSFORM _names REPLACE "[^A-Za-z_0-9].*" "")
  list(REMOVE_DUPLICATES _names)
  set(${out} "${_names}" PARENT_SCOPE)
endfunction()

# The macros and inline functions that a driver's headers define. A macro that stands for a function which the library
# does not export is none: a header may declare more than there is.
function(ddi_inline out)
  ddi_exported(_exported)
  foreach(_name IN LISTS _exported)
    set(_is_here_${_name} TRUE)
  endforeach()
  file(GLOB _headers ${ROOT}/include/ddk/*.h ${ROOT}/include/nt/*.h)
  set(_names "")
  set(_macros "")
  foreach(_header IN LISTS _headers)
    file(READ ${_header} _text)
    string(REPLACE ";" " @ " _text "${_text}") # a list separator to CMake
    string(REPLACE "[" " " _text "${_text}")
    string(REPLACE "]" " " _text "${_text}")
    string(REGEX REPLACE "\\\\\r?\n" " " _text "${_text}") # continued lines
    string(REGEX MATCHALL "(^|\n)[ \t]*#[ \t]*define[ \t]+[A-Za-z_0-9]+[^\n]*" _found "${_text}")
    list(APPEND _macros ${_found})
    # The name is the last word before the first parenthesis after the word that makes it inline.
    string(REGEX MATCHALL
      "(FORCEINLINE|INLINE|inline)[ \t\r\n][^@{}()#]*[ \t\r\n*][A-Za-z_][A-Za-z_0-9]*[ \t\r\n]*\\("
      _found "${_text}")
    list(TRANSFORM _found REPLACE "[ \t\r\n]*\\($" "")
    list(TRANSFORM _found REPLACE ".*[ \t\r\n*]" "")
    list(APPEND _names ${_found})
  endforeach()
  ddi_made_by_macros(_found)
  list(APPEND _names ${_found})
  foreach(_name IN LISTS _names)
    set(_is_here_${_name} TRUE)
  endforeach()

  set(_bodies "")
  foreach(_macro IN LISTS _macros)
    string(REGEX REPLACE "^[ \t\r\n]*#[ \t]*define[ \t]+" "" _macro "${_macro}")
    string(REGEX MATCH "^[A-Za-z_0-9]+" _name "${_macro}")
    string(LENGTH "${_name}" _length)
    string(SUBSTRING "${_macro}" ${_length} -1 _body)
    string(REGEX MATCHALL "[^A-Za-z_0-9](${DDI_PREFIXES})[A-Z][A-Za-z_0-9]*[ \t]*(\\(|$)" _calls "${_body}")
    if(_calls)
      list(TRANSFORM _calls REPLACE "[^A-Za-z_0-9]" "")
      set(_calls_${_name} ${_calls})
      list(APPEND _bodies ${_name})
    else()
      set(_is_here_${_name} TRUE)
      list(APPEND _names ${_name})
    endif()
  endforeach()
  # Macros that stand for macros: once more for each level of them.
  foreach(_level RANGE 3)
    foreach(_name IN LISTS _bodies)
      set(_complete TRUE)
      foreach(_call IN LISTS _calls_${_name})
        if(NOT _call STREQUAL _name AND NOT DEFINED _is_here_${_call})
          set(_complete FALSE)
        endif()
      endforeach()
      if(_complete)
        set(_is_here_${_name} TRUE)
        list(APPEND _names ${_name})
      endif()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES _names)
  set(${out} "${_names}" PARENT_SCOPE)
endfunction()
