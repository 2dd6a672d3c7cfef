#include "cli/commands.h"

int main(int argc, char** argv) { return lakehouse::cli::RunCommandLine(argc, argv); }
