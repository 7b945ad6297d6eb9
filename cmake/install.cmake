# What is installed: the library, the headers below include/ntio (so that no <windows.h> lands on a default path), the
# CMake package with its functions and templates, the pkg-config file, the tool and the licence.

set(_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ntio)

install(TARGETS ntio EXPORT ntioTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS ntio-tool EXPORT ntioTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ntio/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ntio)
foreach(_side IN ITEMS nt ddk sdk)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/${_side} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ntio)
endforeach()

install(EXPORT ntioTargets NAMESPACE ntio:: DESTINATION ${_cmake_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ntioConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/ntioConfig.cmake
  INSTALL_DESTINATION ${_cmake_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/ntioConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/ntioConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/ntioConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/NtioFunctions.cmake
  ${PROJECT_SOURCE_DIR}/cmake/NtioDialect.cmake
  ${PROJECT_SOURCE_DIR}/cmake/NtioCxx.cmake
  ${PROJECT_SOURCE_DIR}/cmake/NtioStatics.cmake
  ${PROJECT_SOURCE_DIR}/cmake/NtioSeh.cmake
  ${PROJECT_SOURCE_DIR}/cmake/NtioIncludes.cmake
  DESTINATION ${_cmake_dir})
install(FILES
  ${PROJECT_SOURCE_DIR}/cmake/templates/delete.cpp
  ${PROJECT_SOURCE_DIR}/cmake/templates/delete_array.cpp
  ${PROJECT_SOURCE_DIR}/cmake/templates/image.c.in
  ${PROJECT_SOURCE_DIR}/cmake/templates/images.c.in
  ${PROJECT_SOURCE_DIR}/cmake/templates/program.c.in
  ${PROJECT_SOURCE_DIR}/cmake/templates/program.map
  ${PROJECT_SOURCE_DIR}/cmake/templates/sanitizer.c
  DESTINATION ${_cmake_dir}/templates)

# Both CMAKE_INSTALL_*DIR may be absolute (they are on NixOS), and a prefix given to `cmake --install` moves the rest.
foreach(_dir IN ITEMS LIB INCLUDE)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${_dir}DIR}")
    set(NTIO_PC_${_dir}DIR "${CMAKE_INSTALL_${_dir}DIR}")
  else()
    set(NTIO_PC_${_dir}DIR "\${prefix}/${CMAKE_INSTALL_${_dir}DIR}")
  endif()
endforeach()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(NTIO_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH NTIO_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" NTIO_PC_PREFIX "${NTIO_PC_PREFIX}")
  set(NTIO_PC_PREFIX "\${pcfiledir}/${NTIO_PC_PREFIX}")
endif()
string(REPLACE ";" " " NTIO_PC_ABI "${NTIO_ABI_OPTIONS}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/ntio.pc.in ${CMAKE_CURRENT_BINARY_DIR}/ntio.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ntio.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
