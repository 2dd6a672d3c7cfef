# ./dev sim: the storage engine on a simulated disk, and the tests of the simulation.
set(_sim ${CMAKE_SOURCE_DIR}/tests/sim)
add_library(lakehouse_sim STATIC ${_sim}/actor.cc ${_sim}/history.cc ${_sim}/scheduler.cc
            ${_sim}/simulated_store.cc ${_sim}/simulation.cc ${_sim}/world.cc)
target_include_directories(lakehouse_sim PUBLIC ${_sim} ${CMAKE_SOURCE_DIR}/tests/unit)
target_link_libraries(lakehouse_sim PUBLIC lakehouse_storage_delta lakehouse_storage_delta_maintenance nlohmann_json::nlohmann_json
                      boost_context)

add_executable(sim ${_sim}/main.cc)
target_link_libraries(sim PRIVATE lakehouse_sim)
set(_seeds 1000)
if(LAKEHOUSE_SANITIZE)
  set(_seeds 200)
endif()
add_test(NAME sim.seeds COMMAND sim ${_seeds} --jobs 2)
set_tests_properties(sim.seeds PROPERTIES TIMEOUT 300)

add_executable(sim_test ${_sim}/sim_test.cc)
target_link_libraries(sim_test PRIVATE lakehouse_sim lakehouse_error_pages GTest::gtest_main)
gtest_discover_tests(sim_test TEST_PREFIX sim. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                     PROPERTIES TIMEOUT 300)

if(LAKEHOUSE_SANITIZE)
  return()  # planted bugs come to light in some of thousands of seeds
endif()

# The files with a planted bug are compiled once more with it; they come before their library.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${_sim}/planted_test.cc)
file(GLOB_RECURSE _delta CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/storage/delta/*.cc)
set(_planted)
foreach(_file ${_delta})
  file(STRINGS ${_file} _plants REGEX "LAKE_PLANT\\(")
  if(_plants)
    list(APPEND _planted ${_file})
  endif()
endforeach()
add_executable(sim_planted_test ${_sim}/planted_test.cc ${_planted})
target_compile_definitions(sim_planted_test PRIVATE LAKEHOUSE_PLANTED)
target_link_libraries(sim_planted_test PRIVATE lakehouse_sim lakehouse_error_pages
                      GTest::gtest_main)
gtest_discover_tests(sim_planted_test TEST_PREFIX sim. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                     PROPERTIES TIMEOUT 300)

# And nowhere else.
add_test(NAME sim.plants_are_not_built COMMAND sh -c
         "! grep -qF commit.skip-id-check '$<TARGET_FILE:lakehouse_storage_delta_commit>'")
