#pragma once

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "ingestion/connectors/connector.h"
#include "ingestion/temporary_folder.h"

namespace lakehouse::ingestion::connectors::postgresql {

/// A PostgreSQL of its own in a temporary folder, on a free loopback port, with the user "owner"
/// (password "secret", superuser). Stopped by its process id.
class TestServer {
 public:
  static constexpr char kBinaries[] = "/usr/lib/postgresql/15/bin";

  static bool Available() {
    return access((std::string(kBinaries) + "/initdb").c_str(), X_OK) == 0;
  }

  TestServer() {
    port_ = FreePort();
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
    folder_.Write("password", "secret\n");
    const std::string data = folder_.At("data");
    Shell(std::string(kBinaries) + "/initdb -D " + data +
          " -U owner -A scram-sha-256 --pwfile=" + folder_.At("password") +
          " -E UTF8 --locale=C --no-sync > " + folder_.At("initdb.log") + " 2>&1");
    Start();
  }
  ~TestServer() { Stop(); }

  void Start() {
    Shell(std::string(kBinaries) + "/pg_ctl -D " + folder_.At("data") + " -w -t 60 -l " +
          folder_.At("server.log") + " -o '-p " + std::to_string(port_) +
          " -c listen_addresses=127.0.0.1 -c unix_socket_directories=" + folder_.path() +
          " -c fsync=off -c max_connections=20' start > /dev/null 2>&1");
    std::ifstream file(folder_.At("data") + "/postmaster.pid");
    file >> pid_;
  }
  void Stop() {
    if (pid_ <= 0) return;
    kill(pid_, SIGINT);
    while (kill(pid_, 0) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pid_ = 0;
  }

  /// Runs SQL as the owner, through psql.
  void Execute(const std::string& sql) {
    folder_.Write("script.sql", sql);
    const std::string command = "PGPASSWORD=secret " + std::string(kBinaries) +
                                "/psql -v ON_ERROR_STOP=1 -q -h 127.0.0.1 -p " +
                                std::to_string(port_) + " -U owner -d postgres -f " +
                                folder_.At("script.sql") + " > " + folder_.At("psql.log") + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << ReadLog("psql.log");
  }

  SourceOptions Options(const std::string& table) const {
    return {{"host", "127.0.0.1"}, {"port", std::to_string(port_)}, {"database", "postgres"},
            {"username", "owner"}, {"password", "secret"},          {"table", table}};
  }
  int port() const { return port_; }

 private:
  std::string ReadLog(const std::string& name) const {
    std::ifstream file(folder_.At(name));
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  /// The server refuses to run as root.
  static void Shell(const std::string& command) {
    const std::string full =
        geteuid() == 0 ? "runuser -u postgres -- sh -c \"" + command + "\"" : command;
    ASSERT_EQ(std::system(full.c_str()), 0) << command;
  }

  static int FreePort() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
  }

  TemporaryFolder folder_;
  int port_ = 0;
  pid_t pid_ = 0;
};

/// One server for the tests of a program.
inline TestServer& SharedServer() {
  static TestServer server;
  return server;
}

}  // namespace lakehouse::ingestion::connectors::postgresql
