#include <pthread.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "base/version.h"
#include "cli/commands.h"
#include "server/api/server.h"

namespace lakehouse::cli {
namespace {

struct Flags {
  std::string host;
  int port = -1;
};

/// SIGINT and SIGTERM, which only Wait takes from now on. To be made before any thread is.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void Wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }
  /// From now on one more signal ends the process at once.
  void EndAtTheNext() const {
    std::thread([set = set_] {
      int signal = 0;
      sigwait(&set, &signal);
      _exit(kInterrupted);
    }).detach();
  }

 private:
  sigset_t set_;
};

void Welcome(Context& context, const server::api::Server& server) {
  const Config& config = context.lakehouse().config();
  context.Say("lakehouse " + std::string(Version()) + " (" +
              std::string(ToString(config.environment())) + ") at " +
              config.GetString("storage.data_root"));
  if (server.bootstrap_token()) {
    context.Say("token of the principal admin, shown this once: " + *server.bootstrap_token());
  } else if (!config.GetBoolean("security.enable_authentication")) {
    context.Say("no token is asked for: everybody on this machine is an administrator");
  }
  context.Say("Ctrl-C ends it when running requests have ended");
  std::printf("listening on %s\n", server.url().c_str());
  std::fflush(stdout);
}

int Serve(Context& context) {
  const EndSignals signals;
  std::signal(SIGPIPE, SIG_IGN);  // a client that goes away is no reason to end
  const auto server = server::api::Server::Start(context.share());
  Welcome(context, *server);
  signals.Wait();
  context.Say("ending; a second Ctrl-C ends at once");
  signals.EndAtTheNext();
  server->Stop();
  return kOk;
}

}  // namespace

void AddServe(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("serve", "run the HTTP server until Ctrl-C");
  command->add_option("--host", flags->host, "address to listen on (server.host)");
  command->add_option("--port", flags->port, "port, 0 for a free one (server.port)")
      ->check(CLI::Range(0, 65535));
  command->callback([&action, flags] {
    action = [flags](Context& context) {
      if (!flags->host.empty()) context.Override("server.host", flags->host);
      if (flags->port >= 0) context.Override("server.port", std::to_string(flags->port));
      return Serve(context);
    };
  });
}

}  // namespace lakehouse::cli
