# What Microsoft's compiler reads differently and no option of gcc or clang makes them read so: see tools/translate.c.
#
# A target with such a line is compiled from a translated copy of its sources and own headers, laid out as the originals are, so
# that they include each other as before; #line leads diagnostics, __FILE__ and the debugger to the originals. The copies
# are made when the target is built. With NTIO_LONG32, sources that say long are translated, too, and long has 32 bits in them.

# Whether the file is C++ that gcc reads, which lets no goto skip an initialisation.
function(_ntio_may_skip file out)
  set(${out} FALSE PARENT_SCOPE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    _ntio_is_cxx("${file}" _cxx)
    set(${out} ${_cxx} PARENT_SCOPE)
  endif()
endfunction()

function(_ntio_needs_translation files out)
  set(${out} FALSE PARENT_SCOPE)
  set(_comma ",([ \t\r\n]|\\\\)*__VA_ARGS__")
  set(_suffix "[^A-Za-z0-9_%.](0[xX][0-9A-Fa-f]+|[0-9]+)([uU]?)[iI](64|32|16|8)[^A-Za-z0-9_]")
  set(_paste "[]\")>.=(][ \t]*##|##[ \t]*[[\"().>=-]")
  set(_function
    "[A-Za-z0-9_\"]([ \t\r\n]|\\\\)*__FUNCTION__|__FUNCTION__([ \t\r\n]|\\\\)*[\"A-Za-z_]|__FUNCTIONW__|[A-Za-z]\\(__FUNCTION__\\)")
  set(_bytes "L\"[^\"\n]*[^\"\t -~]") # of whatever code page
  set(_named "typedef[ \t]+((unsigned|signed)[ \t]+)?long[ \t]+(int[ \t]+)?[*A-Za-z_][A-Za-z0-9_*, \t]* ")
  set(_printer "[A-Za-z_][ \t\r\n]+v?swprintf[ \t\r\n]*\\([ \t\r\n]*(OUT[ \t]+|_Out_[A-Za-z_]*[ \t]+)?(wchar_t|WCHAR|PWSTR|PWCHAR|LPWSTR)[^A-Za-z_]")
  set(_long "[\n(,;{][ \t]*((unsigned|signed|const|static|volatile|typedef|extern)[ \t]+)*long[ \t]*[*)A-Za-z_]|define[ \t][^\n]*[ \t(]long([^A-Za-z0-9_]|$)")
  set(_skip "[^A-Za-z0-9_]goto[ \t]+[A-Za-z_]")
  foreach(_file IN LISTS files)
    if(EXISTS "${_file}")
      file(READ "${_file}" _text)
      string(REPLACE ";" " " _text "${_text}")
      _ntio_may_skip("${_file}" _skipping)
      if(_text MATCHES "${_comma}" OR _text MATCHES "${_suffix}" OR _text MATCHES "${_paste}" OR _text MATCHES "${_function}"
         OR _text MATCHES "${_printer}" OR _text MATCHES "${_bytes}" OR _text MATCHES "${_named}"
         OR (NTIO_LONG32 AND _text MATCHES "${_long}") OR (_skipping AND _text MATCHES "${_skip}"))
        set(${out} TRUE PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
endfunction()

# files: the sources and what they include, which may be called .c, too.
function(_ntio_translate target root sources files)
  foreach(_file IN LISTS files)
    if(EXISTS "${_file}")
      set(_options "")
      if(NTIO_LONG32)
        list(APPEND _options --long)
      endif()
      _ntio_may_skip("${_file}" _skipping)
      if(_skipping)
        list(APPEND _options --skipped)
      endif()
      get_filename_component(_folder "${root}${_file}" DIRECTORY)
      file(MAKE_DIRECTORY "${_folder}")
      add_custom_command(OUTPUT "${root}${_file}" COMMAND ntio::ntio-tool translate ${_options} -o "${root}${_file}" "${_file}"
        DEPENDS "${_file}" ntio::ntio-tool VERBATIM)
      target_sources(${target} PRIVATE "${root}${_file}")
      if(NOT _file IN_LIST sources)
        set_source_files_properties("${root}${_file}" PROPERTIES HEADER_FILE_ONLY TRUE)
      endif()
    endif()
  endforeach()
endfunction()
