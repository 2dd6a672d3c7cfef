#include "cli/interrupt.h"

#include <csignal>

namespace lakehouse::cli {
namespace {

volatile std::sig_atomic_t noted = 0;

void Note(int signal) {
  noted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  noted = 0;
  std::signal(SIGINT, Note);
  std::signal(SIGTERM, Note);
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool InterruptGuard::interrupted() const { return noted != 0; }

}  // namespace lakehouse::cli
