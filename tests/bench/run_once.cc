// Runs a command once, from a process that is as small as can be, and prints what it cost:
//   run_once COMMAND ARGUMENT...   ->   {"ms": 12.3, "peak_mb": 45.6, "code": 0}
// The command's output is thrown away; "first_ms" is when its first byte of output came.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  int output[2];
  if (argc < 2 || pipe(output) != 0) return 2;
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    return took.count();
  };
  const pid_t child = fork();
  if (child < 0) return 2;
  if (child == 0) {
    dup2(output[1], STDOUT_FILENO);
    close(output[0]);
    close(output[1]);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  close(output[1]);
  char bytes[4096];
  double first = -1;
  while (read(output[0], bytes, sizeof(bytes)) > 0) {
    if (first < 0) first = elapsed();
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) return 2;
  std::printf("{\"ms\": %.3f, \"first_ms\": %.3f, \"peak_mb\": %.1f, \"code\": %d}\n", elapsed(),
              first, static_cast<double>(usage.ru_maxrss) / 1024,
              WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
