#include "catalog/purge.h"

#include "base/error.h"

namespace lakehouse::catalog {
namespace {

[[noreturn]] void Refuse(const std::string& location, const std::string& why) {
  throw Error(ErrorKind::kInvalidArgument, "LK-2019",
              "the data in " + location + " is not purged: " + why,
              "Drop the table without PURGE; its data stays.");
}

}  // namespace

Purge::Purge(io::Stores& stores, const std::string& location)
    : location_(stores.Resolve(location)) {
  if (location_.store != stores.data_root() || location_.path.empty()) {
    Refuse(location, "it is not a folder of the data root");
  }
  const std::string log = io::JoinPath(location_.path, "_delta_log") + "/";
  for (const io::ObjectInfo& object : location_.store->List(location_.path, {"", true})) {
    if (object.path.starts_with(log)) {
      log_.push_back(object.path);
      continue;
    }
    if (object.path.find("/_delta_log/") != std::string::npos) {
      Refuse(location, "another table lies inside, with " + object.path);
    }
    data_.push_back(object.path);
  }
}

void Purge::Run() {
  for (const std::string& path : data_) location_.store->Delete(path);
  for (auto path = log_.rbegin(); path != log_.rend(); ++path) location_.store->Delete(*path);
}

}  // namespace lakehouse::catalog
