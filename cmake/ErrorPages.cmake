# docs/errors/LK-*.md become a table in the binary, for `lakehouse explain`.
file(GLOB _pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/errors/LK-*.md)
set(_generated ${CMAKE_BINARY_DIR}/generated/error_pages.cc)
add_custom_command(
  OUTPUT ${_generated}
  COMMAND /usr/bin/python3 -B ${CMAKE_SOURCE_DIR}/tools/embed_errors.py
          ${CMAKE_SOURCE_DIR}/docs/errors ${_generated}
  DEPENDS ${_pages} ${CMAKE_SOURCE_DIR}/tools/embed_errors.py
  VERBATIM)
add_library(lakehouse_error_pages STATIC ${_generated})
target_include_directories(lakehouse_error_pages PUBLIC ${CMAKE_SOURCE_DIR}/src)
