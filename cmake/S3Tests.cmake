# The stores against a real S3 server, started once for the whole program.
file(GLOB _s3_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/s3/*.cc)
add_executable(real_s3_test ${_s3_tests})
target_include_directories(real_s3_test PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit)
target_link_libraries(real_s3_test PRIVATE lakehouse_io_s3 lakehouse_security lakehouse_error_pages
                      GTest::gtest_main)
add_test(NAME s3.real_server COMMAND /usr/bin/python3 -B
         ${CMAKE_SOURCE_DIR}/tests/python/s3_server.py $<TARGET_FILE:real_s3_test>)
set_tests_properties(s3.real_server PROPERTIES TIMEOUT 600)

# The same files as sql.embedded, tables in a bucket.
if(TARGET sql_test_runner)
  add_test(NAME sql.s3 COMMAND /usr/bin/python3 -B ${CMAKE_SOURCE_DIR}/tests/python/s3_server.py
           $<TARGET_FILE:sql_test_runner> --mode s3 ${CMAKE_SOURCE_DIR}/tests/sql)
  set_tests_properties(sql.s3 PROPERTIES TIMEOUT 900)
endif()
