# One static library per folder of src/. A folder's CMakeLists.txt is one call of lakehouse_library.

# Tiers, low to high; a library may use its own top folder and lower ones. Equal numbers are siblings.
set(_tiers base 0 io 1 security 2 storage 3 catalog 4 query 5 processing 6 ingestion 7 ml 7 app 8
           server 9 cli 10)

function(lakehouse_tier folder result)
  string(REGEX REPLACE "[/_].*" "" top ${folder})
  list(FIND _tiers ${top} at)
  if(at EQUAL -1)
    message(FATAL_ERROR "src/${folder} is in no tier")
  endif()
  math(EXPR at "${at} + 1")
  list(GET _tiers ${at} tier)
  set(${result} ${tier} PARENT_SCOPE)
endfunction()

# lakehouse_library([DEPS folder...] [LIBS third party...] [PCH header...])
function(lakehouse_library)
  cmake_parse_arguments(arg "" "" "DEPS;LIBS;PCH" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" target "lakehouse_${folder}")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(folder STREQUAL "cli")
    list(FILTER sources EXCLUDE REGEX "/(main|program)\\.cc$")
  endif()
  if(NOT sources)
    return()
  endif()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  lakehouse_tier(${folder} own)
  string(REGEX REPLACE "/.*" "" own_top ${folder})
  foreach(dep ${arg_DEPS})
    lakehouse_tier(${dep} tier)
    string(REGEX REPLACE "/.*" "" dep_top ${dep})
    if(NOT dep_top STREQUAL own_top AND NOT tier LESS own)
      message(FATAL_ERROR "src/${folder} may not use src/${dep}: it is not of a lower tier")
    endif()
    string(REPLACE "/" "_" dep "lakehouse_${dep}")
    target_link_libraries(${target} PUBLIC ${dep})
  endforeach()
  target_link_libraries(${target} PUBLIC ${arg_LIBS} Threads::Threads)
  if(arg_PCH)
    target_precompile_headers(${target} PRIVATE ${arg_PCH})
  endif()
  set_property(GLOBAL APPEND PROPERTY LAKEHOUSE_LIBRARIES ${target})
endfunction()

# Every folder below src/ that has a CMakeLists.txt.
macro(lakehouse_add_folders)
  file(GLOB_RECURSE _folders CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/CMakeLists.txt)
  foreach(_file ${_folders})
    get_filename_component(_folder ${_file} DIRECTORY)
    add_subdirectory(${_folder})
  endforeach()
  get_property(LAKEHOUSE_LIBRARIES GLOBAL PROPERTY LAKEHOUSE_LIBRARIES)
  # A dependency on a folder without sources is an empty library.
  foreach(_library ${LAKEHOUSE_LIBRARIES})
    get_target_property(_links ${_library} LINK_LIBRARIES)
    foreach(_link ${_links})
      if(_link MATCHES "^lakehouse_" AND NOT TARGET ${_link})
        add_library(${_link} INTERFACE)
      endif()
    endforeach()
  endforeach()
endmacro()

macro(lakehouse_add_programs)
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/cli/main.cc)
    add_library(lakehouse_program SHARED ${CMAKE_SOURCE_DIR}/src/cli/program.cc)
    target_link_libraries(lakehouse_program PRIVATE lakehouse_cli)
    target_link_options(lakehouse_program PRIVATE -Wl,-Bsymbolic-functions)
    # Their own run paths from the start: CMake ends one that it replaces when installing with a ':',
    # and that stands for the current directory.
    set_target_properties(lakehouse_program PROPERTIES
                          LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
                          INSTALL_RPATH "$ORIGIN" BUILD_WITH_INSTALL_RPATH ON)
    # Small: it loads the library only for what needs more than the version.
    add_executable(lakehouse ${CMAKE_SOURCE_DIR}/src/cli/main.cc
                             ${CMAKE_SOURCE_DIR}/src/base/version.cc)
    target_include_directories(lakehouse PRIVATE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(lakehouse PRIVATE ${CMAKE_DL_LIBS})
    # Linked anew with the library, so that the file's time says when the program was built.
    set_target_properties(lakehouse PROPERTIES
                          INSTALL_RPATH "$ORIGIN/../lib" BUILD_WITH_INSTALL_RPATH ON
                          LINK_DEPENDS ${CMAKE_BINARY_DIR}/lib/liblakehouse_program.so)
    add_dependencies(lakehouse lakehouse_program)
  endif()
  if(LAKEHOUSE_PYTHON AND EXISTS ${CMAKE_SOURCE_DIR}/data_lakehouse/_core/CMakeLists.txt)
    add_subdirectory(data_lakehouse/_core)
  endif()
endmacro()
