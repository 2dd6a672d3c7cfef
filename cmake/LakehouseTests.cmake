# tests/unit/<top>/** -> one GoogleTest program per top folder.
include(GoogleTest)

set(LAKEHOUSE_CONFORMANCE ${CMAKE_SOURCE_DIR}/../shared/conformance CACHE PATH
    "Tables written by others, for tests")

file(GLOB _tops LIST_DIRECTORIES true RELATIVE ${CMAKE_SOURCE_DIR}/tests/unit
     ${CMAKE_SOURCE_DIR}/tests/unit/*)
foreach(_top ${_tops})
  file(GLOB_RECURSE _tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${_top}/*.cc)
  if(NOT _tests)
    continue()
  endif()
  add_executable(unit_${_top} ${_tests})
  target_include_directories(unit_${_top} PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit)
  target_compile_definitions(unit_${_top} PRIVATE
    LAKEHOUSE_CONFORMANCE="${LAKEHOUSE_CONFORMANCE}" LAKEHOUSE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  set(_own ${LAKEHOUSE_LIBRARIES})
  lakehouse_tier(${_top} _tier)
  foreach(_library ${LAKEHOUSE_LIBRARIES})
    string(REGEX REPLACE "^lakehouse_" "" _folder ${_library})
    lakehouse_tier(${_folder} _library_tier)
    if(_library_tier GREATER _tier)
      list(REMOVE_ITEM _own ${_library})
    endif()
  endforeach()
  if(_top STREQUAL "io")
    list(APPEND _own lakehouse_security)  # the digests, which io takes by an interface
  endif()
  target_link_libraries(unit_${_top} PRIVATE ${_own} lakehouse_error_pages
                        nlohmann_json::nlohmann_json GTest::gmock GTest::gtest_main)
  gtest_discover_tests(unit_${_top} TEST_PREFIX ${_top}. DISCOVERY_MODE PRE_TEST
                       DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endforeach()

if(LAKEHOUSE_SANITIZE)
  include(FuzzTargets)
endif()

if(EXISTS ${CMAKE_SOURCE_DIR}/tests/sql/runner AND EXISTS ${CMAKE_SOURCE_DIR}/src/app/lakehouse.cc)
  file(GLOB _runner CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sql/runner/*.cc)
  add_executable(sql_test_runner ${_runner})
  target_link_libraries(sql_test_runner PRIVATE lakehouse_server_api lakehouse_error_pages
                        PkgConfig::CURL)
  foreach(_mode embedded restart server)
    add_test(NAME sql.${_mode} COMMAND sql_test_runner --mode ${_mode}
             ${CMAKE_SOURCE_DIR}/tests/sql)
    set_tests_properties(sql.${_mode} PROPERTIES TIMEOUT 900)
  endforeach()
  add_test(NAME sql.docs COMMAND sql_test_runner ${CMAKE_SOURCE_DIR}/docs/sql)
endif()

# docs/cli.md and docs/configuration.md are what the program prints.
if(TARGET lakehouse AND NOT LAKEHOUSE_SANITIZE)
  add_test(NAME docs.reference
           COMMAND /usr/bin/python3 -B ${CMAKE_SOURCE_DIR}/tools/check_reference.py)
endif()

add_executable(table_tool ${CMAKE_SOURCE_DIR}/tests/interop/table_tool.cc)
target_link_libraries(table_tool PRIVATE lakehouse_storage lakehouse_storage_delta)

# Programs of ./dev bench.
if(NOT LAKEHOUSE_SANITIZE)
  add_executable(tpch_bench ${CMAKE_SOURCE_DIR}/tests/bench/tpch_bench.cc)
  target_link_libraries(tpch_bench PRIVATE lakehouse_app lakehouse_error_pages DuckDB::duckdb
                        nlohmann_json::nlohmann_json)
  add_executable(run_once ${CMAKE_SOURCE_DIR}/tests/bench/run_once.cc)
endif()
