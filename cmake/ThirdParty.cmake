# Third parties as imported targets, so that a folder names what it uses and nothing leaks further.
# Arrow and DuckDB come from the set-up's cache; ARROW_ROOT, DUCKDB_ROOT (headers) and
# LAKEHOUSE_LINKED_DIR (libraries) name other copies.

if(DEFINED ENV{LAKEHOUSE_DEPS_DIR})
  set(_deps $ENV{LAKEHOUSE_DEPS_DIR})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(_deps $ENV{XDG_CACHE_HOME}/lakehouse)
else()
  set(_deps $ENV{HOME}/.cache/lakehouse)
endif()
set(LAKEHOUSE_DEPS_DIR ${_deps} CACHE PATH "Where ./dev setup put the third-party libraries")
set(ARROW_ROOT ${LAKEHOUSE_DEPS_DIR}/arrow-26.0.1 CACHE PATH "Arrow with include/ and lib/")
set(DUCKDB_ROOT ${LAKEHOUSE_DEPS_DIR}/duckdb-1.5.5 CACHE PATH "DuckDB with include/ and lib/")
# Copies of their libraries whose names no other package in a process has (tools/setup/own_names.py).
set(LAKEHOUSE_LINKED_DIR ${LAKEHOUSE_DEPS_DIR}/linked-arrow-26.0.1-duckdb-1.5.5/lib CACHE PATH
    "The shared libraries to link, liblakehouse_arrow.so and so on")

foreach(needed ${ARROW_ROOT}/include/arrow/api.h ${DUCKDB_ROOT}/include/duckdb.hpp
        ${LAKEHOUSE_LINKED_DIR}/liblakehouse_arrow.so ${LAKEHOUSE_LINKED_DIR}/liblakehouse_duckdb.so)
  if(NOT EXISTS ${needed})
    message(FATAL_ERROR "${needed} is missing: run ./dev setup first")
  endif()
endforeach()

# Programs look for these libraries in ../lib beside themselves.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
file(GLOB _shared ${LAKEHOUSE_LINKED_DIR}/*.so*)
foreach(library ${_shared})
  get_filename_component(name ${library} NAME)
  file(CREATE_LINK ${library} ${CMAKE_BINARY_DIR}/lib/${name} SYMBOLIC)
endforeach()
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_BUILD_RPATH ${CMAKE_BINARY_DIR}/lib)

function(lakehouse_imported name library include)
  add_library(${name} SHARED IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${library}
                                           INTERFACE_INCLUDE_DIRECTORIES "${include}")
endfunction()

lakehouse_imported(Arrow::arrow ${LAKEHOUSE_LINKED_DIR}/liblakehouse_arrow.so ${ARROW_ROOT}/include)
lakehouse_imported(Arrow::compute ${LAKEHOUSE_LINKED_DIR}/liblakehouse_arrow_compute.so
                   ${ARROW_ROOT}/include)
lakehouse_imported(Arrow::parquet ${LAKEHOUSE_LINKED_DIR}/liblakehouse_parquet.so
                   ${ARROW_ROOT}/include)
lakehouse_imported(DuckDB::duckdb ${LAKEHOUSE_LINKED_DIR}/liblakehouse_duckdb.so
                   ${DUCKDB_ROOT}/include)

# Headers and library of DuckDB must be one build: its internal C++ API has no stable layout.
file(READ ${DUCKDB_ROOT}/SOURCE_ID LAKEHOUSE_DUCKDB_SOURCE_ID)
string(STRIP "${LAKEHOUSE_DUCKDB_SOURCE_ID}" LAKEHOUSE_DUCKDB_SOURCE_ID)
file(STRINGS ${LAKEHOUSE_LINKED_DIR}/liblakehouse_duckdb.so _id REGEX "^${LAKEHOUSE_DUCKDB_SOURCE_ID}$"
     LIMIT_COUNT 1)
if(_id STREQUAL "")
  message(FATAL_ERROR "libduckdb.so is not of build ${LAKEHOUSE_DUCKDB_SOURCE_ID} as its headers are")
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(LIBARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(EDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
