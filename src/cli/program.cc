#include "cli/commands.h"

/// The entry of liblakehouse_program.so, which main.cc loads.
extern "C" int RunLakehouse(int argc, char** argv) {
  return lakehouse::cli::RunCommandLine(argc, argv);
}
