# What the DDI list and its check share: which DDIs there are, by src/ddi.def and by the headers.
# Wants ROOT, the top of the source tree.

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

# The macros and inline functions that a driver's headers define.
function(ddi_inline out)
  file(GLOB _headers ${ROOT}/include/ddk/*.h ${ROOT}/include/nt/*.h)
  set(_names "")
  foreach(_header IN LISTS _headers)
    file(READ ${_header} _text)
    string(REPLACE ";" " @ " _text "${_text}") # a list separator to CMake
    string(REPLACE "[" " " _text "${_text}")
    string(REPLACE "]" " " _text "${_text}")
    string(REGEX MATCHALL "(^|\n)[ \t]*#[ \t]*define[ \t]+[A-Za-z_0-9]+" _found "${_text}")
    list(TRANSFORM _found REPLACE ".*[ \t]" "")
    list(APPEND _names ${_found})
    # The name is the last word before the first parenthesis after the word that makes it inline.
    string(REGEX MATCHALL
      "(FORCEINLINE|INLINE|inline)[ \t\r\n][^@{}()#]*[ \t\r\n*][A-Za-z_][A-Za-z_0-9]*[ \t\r\n]*\\("
      _found "${_text}")
    list(TRANSFORM _found REPLACE "[ \t\r\n]*\\($" "")
    list(TRANSFORM _found REPLACE ".*[ \t\r\n*]" "")
    list(APPEND _names ${_found})
  endforeach()
  list(REMOVE_DUPLICATES _names)
  set(${out} "${_names}" PARENT_SCOPE)
endfunction()
