# ntio_add_driver, ntio_add_program, ntio_add_test: the same file in the source tree and installed.
#
# Whoever includes it has set NTIO_INCLUDE (the folder with ntio/ntio.h), NTIO_DDK_INCLUDE, NTIO_SDK_INCLUDE,
# NTIO_NT_INCLUDE (the sides' header folders), NTIO_ABI_OPTIONS and, in the tree only, NTIO_INSTRUMENT.

set(NTIO_TEMPLATES ${CMAKE_CURRENT_LIST_DIR}/templates CACHE INTERNAL "")
include(${CMAKE_CURRENT_LIST_DIR}/NtioIncludes.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/NtioDialect.cmake)

# What the WDK's and the SDK's own project files define. _WIN32 and _MSC_VER: the first is true of the interfaces that a
# driver or client sees, the second is not, so only the first is defined.
set(NTIO_WINDOWS_DEFINES _WIN32=1 _WIN64=1 _AMD64_=1 AMD64=1 _M_AMD64=100 _M_X64=100 WINNT=1 _WIN32_WINNT=0x0A00
    WINVER=0x0A00 NTDDI_VERSION=0x0A000006 CACHE INTERNAL "")
# What Microsoft's compiler takes for granted and gcc and clang remark on; PVOID * takes the address of any pointer.
# Its inline functions are in every object file and the linker keeps one: gnu89's inline and -z muldefs.
set(_options -Wno-unknown-pragmas -Wno-multichar -Wno-pragmas -Wno-incompatible-pointer-types -fgnu89-inline)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  list(APPEND _options -Wno-ignored-pragmas -Wno-microsoft -Wno-pragma-pack -Wno-nonportable-include-path)
endif()
set(NTIO_DIALECT_OPTIONS ${_options} CACHE INTERNAL "")

# What Microsoft's compiler does for drivers (/GS), and locals filled with a pattern, so that one which is used before it was
# written shows. Whoever decides otherwise in CMAKE_C_FLAGS is obeyed.
include(CheckCCompilerFlag)
set(_checks "")
foreach(_check IN ITEMS -fstack-protector-strong -ftrivial-auto-var-init=pattern)
  string(REGEX REPLACE "^-f|-strong$|=pattern$" "" _name "${_check}")
  if(CMAKE_C_FLAGS MATCHES "${_name}" OR (_name MATCHES "trivial" AND "${NTIO_INSTRUMENT};${CMAKE_C_FLAGS}" MATCHES "sanitize=[a-z,]*memory"))
    continue()
  endif()
  string(MAKE_C_IDENTIFIER "NTIO_HAS_${_name}" _variable)
  check_c_compiler_flag(${_check} ${_variable})
  if(${_variable})
    list(APPEND _checks ${_check})
  endif()
endforeach()
set(NTIO_DRIVER_CHECKS ${_checks} CACHE INTERNAL "")

function(_ntio_windows_side target side)
  # The order matters: what the user names, then the C runtime's wrappers, then ntio's headers, then other spellings.
  target_compile_options(${target} PRIVATE ${NTIO_ABI_OPTIONS} ${NTIO_DIALECT_OPTIONS} ${NTIO_INSTRUMENT}
    -fno-omit-frame-pointer)
  if(side STREQUAL "ddk")
    # A call in tail position must leave its return address in the driver: it tells whose call it was.
    # And what a client handed in may be touched inside __try, a null pointer too.
    target_compile_options(${target} PRIVATE -fno-optimize-sibling-calls -fno-sanitize=null,nonnull-attribute
      ${NTIO_DRIVER_CHECKS})
  endif()
  target_link_options(${target} PRIVATE ${NTIO_INSTRUMENT})
  if(NOT APPLE)
    target_link_options(${target} PRIVATE -Wl,-z,muldefs)
  endif()
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_EXTENSIONS ON)
  if(side STREQUAL "ddk")
    target_include_directories(${target} PRIVATE ${NTIO_DDK_INCLUDE}/crt ${NTIO_DDK_INCLUDE} ${NTIO_NT_INCLUDE})
  else()
    target_include_directories(${target} PRIVATE ${NTIO_SDK_INCLUDE}/crt ${NTIO_SDK_INCLUDE} ${NTIO_NT_INCLUDE})
  endif()
endfunction()

# Turns the sources into absolute paths, resolves the spellings of their includes and finds the ones that use __try.
# Those are compiled without optimisation: at -O1 and above gcc and clang lose writes to locals made inside the block.
function(_ntio_prepare_sources target side sources includes out)
  set(_absolute "")
  foreach(_source IN LISTS sources)
    get_filename_component(_path ${_source} ABSOLUTE)
    list(APPEND _absolute ${_path})
  endforeach()
  set(_directories "")
  foreach(_include IN LISTS includes)
    get_filename_component(_path ${_include} ABSOLUTE)
    list(APPEND _directories ${_path})
  endforeach()
  _ntio_scan(${target} ${side} "${_absolute}" "${_directories}" _overlay _seh _files _forwards)
  set(_root "")
  _ntio_needs_translation("${_files}" _translated)
  if(_translated)
    set(_root ${CMAKE_CURRENT_BINARY_DIR}/ntio/${target}/translated)
    _ntio_translate(${_root} "${_files}")
    list(TRANSFORM _absolute PREPEND ${_root})
    foreach(_forward IN LISTS _forwards)
      string(REPLACE "|" ";" _forward "${_forward}")
      list(GET _forward 0 _spelling)
      list(GET _forward 1 _path)
      if(EXISTS "${_root}${_path}")
        _ntio_write("${_overlay}/${_spelling}" "#include \"${_root}${_path}\"\n")
      endif()
    endforeach()
    foreach(_directory IN LISTS _directories)
      target_include_directories(${target} PRIVATE ${_root}${_directory})
    endforeach()
  endif()
  target_include_directories(${target} PRIVATE ${_directories})
  if(_overlay)
    target_include_directories(${target} PRIVATE ${_overlay})
  endif()
  foreach(_source IN LISTS _seh)
    set_property(SOURCE ${_root}${_source} APPEND PROPERTY COMPILE_OPTIONS -O0 -U_FORTIFY_SOURCE)
  endforeach()
  set(${out} ${_absolute} PARENT_SCOPE)
endfunction()

# ntio_add_driver(<name> SOURCES a.c b.c [INCLUDES dir...] [DEFINES X...])
#
# Builds an unmodified driver into the image <name>.sys, whose service name is <name>.
function(ntio_add_driver name)
  cmake_parse_arguments(PARSE_ARGV 1 _arg "" "" "SOURCES;INCLUDES;DEFINES")
  if(_arg_UNPARSED_ARGUMENTS OR NOT _arg_SOURCES)
    message(FATAL_ERROR
      "ntio_add_driver(${name}): expected SOURCES a.c ... [INCLUDES dir...] [DEFINES X...], got \"${ARGN}\"")
  endif()
  add_library(${name} MODULE)
  _ntio_prepare_sources(${name} ddk "${_arg_SOURCES}" "${_arg_INCLUDES}" _sources)
  set(_image ${CMAKE_CURRENT_BINARY_DIR}/ntio/${name}/image.c)
  set(NTIO_NAME ${name})
  configure_file(${NTIO_TEMPLATES}/image.c.in ${_image} @ONLY)
  target_sources(${name} PRIVATE ${_sources} ${_image})
  _ntio_windows_side(${name} ddk)
  # As the WDK's project files: a Debug configuration is what used to be called a checked build.
  if(NOT "${_arg_DEFINES}" MATCHES "(^|;)DBG(=|;|$)")
    target_compile_definitions(${name} PRIVATE $<$<CONFIG:Debug>:DBG=1>)
  endif()
  target_compile_definitions(${name} PRIVATE ${NTIO_WINDOWS_DEFINES} _KERNEL_MODE=1 ${_arg_DEFINES})
  # Hidden symbols and -Bsymbolic: nothing in the program or in another driver can stand in for the driver's own names.
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".sys" C_VISIBILITY_PRESET hidden NTIO_SIDE driver)
  if(NOT APPLE)
    target_link_options(${name} PRIVATE -Wl,-Bsymbolic)
    if(NOT "${NTIO_INSTRUMENT};${CMAKE_C_FLAGS}" MATCHES "-fsanitize")
      target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()
  endif()
  target_link_libraries(${name} PRIVATE ntio::ntio)
endfunction()

# A C initialiser for the images of the drivers, for the templates.
function(_ntio_images owner drivers out)
  set(_rows "")
  foreach(_driver IN LISTS drivers)
    if(NOT TARGET ${_driver})
      message(FATAL_ERROR "${owner}: there is no driver \"${_driver}\"; name it with ntio_add_driver first")
    endif()
    string(APPEND _rows "    {\"${_driver}\", \"$<TARGET_FILE:${_driver}>\"},\n")
  endforeach()
  set(${out} "${_rows}" PARENT_SCOPE)
endfunction()

function(_ntio_generate target template drivers)
  _ntio_images(${target} "${drivers}" NTIO_IMAGES)
  set(_in ${CMAKE_CURRENT_BINARY_DIR}/ntio/${target}/${template}.in)
  set(_out ${CMAKE_CURRENT_BINARY_DIR}/ntio/${target}/$<CONFIG>-${template})
  configure_file(${NTIO_TEMPLATES}/${template}.in ${_in} @ONLY)
  file(GENERATE OUTPUT ${_out} INPUT ${_in})
  target_sources(${target} PRIVATE ${_out})
  if(drivers)
    add_dependencies(${target} ${drivers})
  endif()
endfunction()

# ntio_add_program(<name> SOURCES client.c DRIVERS <driver>... [INCLUDES dir...] [DEFINES X...])
#
# Builds an unmodified Win32 client with its own main. The machine runs from before main until after it.
function(ntio_add_program name)
  cmake_parse_arguments(PARSE_ARGV 1 _arg "" "" "SOURCES;DRIVERS;INCLUDES;DEFINES")
  if(_arg_UNPARSED_ARGUMENTS OR NOT _arg_SOURCES)
    message(FATAL_ERROR "ntio_add_program(${name}): expected SOURCES client.c ... [DRIVERS driver...] "
                        "[INCLUDES dir...] [DEFINES X...], got \"${ARGN}\"")
  endif()
  add_executable(${name})
  _ntio_prepare_sources(${name} sdk "${_arg_SOURCES}" "${_arg_INCLUDES}" _sources)
  target_sources(${name} PRIVATE ${_sources})
  _ntio_windows_side(${name} sdk)
  target_compile_definitions(${name} PRIVATE ${NTIO_WINDOWS_DEFINES} ${_arg_DEFINES})

  # Which entry point it has, and whether that is declared void (whose exit status is 0, as Microsoft's compiler has it).
  set(NTIO_VOID_MAIN 0)
  set(NTIO_WIDE_MAIN 0)
  foreach(_source IN LISTS _sources)
    file(READ ${_source} _text)
    if(_text MATCHES "(void|VOID)[ \t\r\n]+((__cdecl|_cdecl|CDECL|WINAPIV)[ \t\r\n]+)?(main|wmain|_tmain)[ \t\r\n]*\\(")
      set(NTIO_VOID_MAIN 1)
    endif()
    if(_text MATCHES "[^A-Za-z0-9_]wmain[ \t\r\n]*\\(" OR
       (_text MATCHES "[^A-Za-z0-9_]_tmain[ \t\r\n]*\\(" AND "${_arg_DEFINES}" MATCHES "(^|;|-D)_UNICODE"))
      set(NTIO_WIDE_MAIN 1)
    endif()
  endforeach()
  _ntio_generate(${name} program.c "${_arg_DRIVERS}")
  target_include_directories(${name} PRIVATE ${NTIO_INCLUDE})
  target_link_libraries(${name} PRIVATE ntio::ntio)
  # The program's main stays the client's own, with C's rule for its return value; ntio's runs first.
  if(NOT NTIO_WIDE_MAIN)
    if(APPLE)
      target_link_options(${name} PRIVATE -Wl,-e,___wrap_main)
      target_compile_definitions(${name} PRIVATE __real_main=main)
    else()
      target_link_options(${name} PRIVATE -Wl,--wrap=main)
    endif()
  endif()
endfunction()

# A program that calls DDIs itself, as a test of a driver's parts or of ntio does: the driver's headers, no machine yet.
function(_ntio_add_kernel_test name)
  add_executable(${name})
  _ntio_prepare_sources(${name} ddk "${ARGN}" "" _sources)
  target_sources(${name} PRIVATE ${_sources})
  # Not a driver's dialect: a test includes the host's headers too, so _WIN32 stays undefined.
  target_compile_options(${name} PRIVATE ${NTIO_ABI_OPTIONS} ${NTIO_WARNINGS} ${NTIO_INSTRUMENT})
  target_link_options(${name} PRIVATE ${NTIO_INSTRUMENT})
  target_include_directories(${name} PRIVATE ${NTIO_INCLUDE} ${NTIO_DDK_INCLUDE} ${NTIO_NT_INCLUDE})
  _ntio_find_cmocka()
  target_link_libraries(${name} PRIVATE ntio::ntio ntio_cmocka)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

macro(_ntio_find_cmocka)
  if(NOT TARGET ntio_cmocka)
    find_path(NTIO_CMOCKA_INCLUDE cmocka.h)
    find_library(NTIO_CMOCKA_LIBRARY cmocka)
    if(NOT NTIO_CMOCKA_INCLUDE OR NOT NTIO_CMOCKA_LIBRARY)
      message(FATAL_ERROR "ntio_add_test needs CMocka (Debian: libcmocka-dev, Fedora: libcmocka-devel, Homebrew: cmocka)")
    endif()
    add_library(ntio_cmocka INTERFACE IMPORTED)
    set_target_properties(ntio_cmocka PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${NTIO_CMOCKA_INCLUDE}"
      INTERFACE_LINK_LIBRARIES "${NTIO_CMOCKA_LIBRARY}")
  endif()
endmacro()

# ntio_add_test(<name> SOURCES test.c DRIVERS <driver>... [INCLUDES dir...] [DEFINES X...])
#
# Builds a CMocka test, which starts the machine itself, and registers it with CTest.
function(ntio_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 _arg "" "" "SOURCES;DRIVERS;INCLUDES;DEFINES")
  if(_arg_UNPARSED_ARGUMENTS OR NOT _arg_SOURCES)
    message(FATAL_ERROR "ntio_add_test(${name}): expected SOURCES test.c ... [DRIVERS driver...] "
                        "[INCLUDES dir...] [DEFINES X...], got \"${ARGN}\"")
  endif()
  add_executable(${name})
  _ntio_prepare_sources(${name} sdk "${_arg_SOURCES}" "${_arg_INCLUDES}" _sources)
  target_sources(${name} PRIVATE ${_sources})
  _ntio_windows_side(${name} sdk)
  target_compile_definitions(${name} PRIVATE ${_arg_DEFINES})
  _ntio_generate(${name} images.c "${_arg_DRIVERS}")
  target_include_directories(${name} PRIVATE ${NTIO_INCLUDE})
  _ntio_find_cmocka()
  target_link_libraries(${name} PRIVATE ntio::ntio ntio_cmocka)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
