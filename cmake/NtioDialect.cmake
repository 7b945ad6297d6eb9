# What Microsoft's compiler reads differently and no option of gcc or clang makes them read so.
#
#   , __VA_ARGS__     with no arguments the comma goes, too; gcc and clang want , ##__VA_ARGS__ for that
#   10i64  10UI64     literals of 64 bits; gcc has only 10LL and 10ULL
#
# A target with such a line is compiled from a translated copy of its sources and own headers, laid out as the originals are, so
# that they include each other as before; #line leads diagnostics, __FILE__ and the debugger to the originals. The copies
# are made when the project is configured, and again when an original changes.

set(_NTIO_DIALECT_COMMA ",([ \t]*)__VA_ARGS__" CACHE INTERNAL "")
set(_NTIO_DIALECT_I64 "([^A-Za-z0-9_%.])(0[xX][0-9A-Fa-f]+|[0-9]+)([uU]?)[iI]64([^A-Za-z0-9_])" CACHE INTERNAL "")

function(_ntio_needs_translation files out)
  set(${out} FALSE PARENT_SCOPE)
  foreach(_file IN LISTS files)
    if(EXISTS "${_file}")
      file(READ "${_file}" _text)
      if(_text MATCHES "${_NTIO_DIALECT_COMMA}" OR _text MATCHES "${_NTIO_DIALECT_I64}")
        set(${out} TRUE PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
endfunction()

function(_ntio_translate root files)
  foreach(_file IN LISTS files)
    if(EXISTS "${_file}")
      file(READ "${_file}" _text)
      string(REGEX REPLACE "${_NTIO_DIALECT_COMMA}" ",\\1##__VA_ARGS__" _text "${_text}")
      string(REGEX REPLACE "${_NTIO_DIALECT_I64}" "\\1\\2\\3LL\\4" _text "${_text}")
      _ntio_write("${root}${_file}" "#line 1 \"${_file}\"\n${_text}")
    endif()
  endforeach()
endfunction()
