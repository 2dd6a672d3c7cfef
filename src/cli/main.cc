#include <dlfcn.h>

#include <cstdio>
#include <string_view>

#include "base/version.h"

// What the program does lies in a library beside it: to load that, with all that it needs, takes
// ten times as long as to say a version.
namespace {

constexpr char kLibrary[] = "liblakehouse_program.so";
constexpr char kNotLoaded[] = "LK-9020";

using Run = int (*)(int, char**);

/// The entry of the library (program.cc), or null.
Run LoadProgram() {
  void* library = dlopen(kLibrary, RTLD_LAZY | RTLD_GLOBAL);
  return library == nullptr ? nullptr : reinterpret_cast<Run>(dlsym(library, "RunLakehouse"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("version")) {
    return std::printf("lakehouse %s\n", lakehouse::Version().data()) > 0 ? 0 : 1;
  }
  if (const Run run = LoadProgram()) return run(argc, argv);
  std::fprintf(stderr, "error %s: the program is not whole: %s\n", kNotLoaded, dlerror());
  std::fprintf(stderr, "hint: install it again, with the folder lib beside its folder bin\n");
  return 1;
}
