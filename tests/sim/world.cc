#include "world.h"

#include <algorithm>
#include <utility>

namespace lakehouse::sim {
namespace {

constexpr int64_t kBeginMs = 1'700'000'000'000;
constexpr int64_t kStepMs = 7;

}  // namespace

World::World(uint64_t seed, const FaultRates& chosen, bool print)
    : random(seed * 2 + 1), scheduler(seed), trace(print), rates(chosen) {}

int64_t World::TimeOf(int64_t step) { return kBeginMs + step * kStepMs; }

int64_t World::now_ms() const { return TimeOf(scheduler.step()); }

io::ObjectInfo World::InfoOf(const std::string& path, const Object& object) {
  return {path, static_cast<int64_t>(object.bytes->size()), object.modified_ms,
          std::to_string(object.generation)};
}

const World::Object* World::Find(std::string_view path) {
  Arrive();
  const auto found = objects_.find(path);
  return found == objects_.end() ? nullptr : &found->second;
}

std::vector<io::ObjectInfo> World::List(std::string_view directory, const io::ListOptions& options,
                                        int64_t step) {
  Arrive();
  const std::string prefix = directory.empty() ? "" : std::string(directory) + "/";
  const auto listed = [&](const std::string& path, const Object& object) {
    const bool deeper = path.find('/', prefix.size()) != std::string::npos;
    return path.starts_with(prefix) && (!deeper || options.recursive) &&
           path > options.start_after && object.created_step <= step;
  };
  std::vector<io::ObjectInfo> found;
  for (auto it = objects_.lower_bound(prefix); it != objects_.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    if (listed(it->first, it->second)) found.push_back(InfoOf(it->first, it->second));
  }
  const size_t alive = found.size();
  for (const Gone& gone : gone_) {
    if (gone.deleted_step > step && listed(gone.path, gone.object)) {
      found.push_back(InfoOf(gone.path, gone.object));
    }
  }
  if (found.size() > alive) {
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
  }
  return found;
}

io::PutResult World::Put(std::string_view path, std::string_view bytes, bool replace) {
  Arrive();
  auto found = objects_.find(path);
  if (found != objects_.end() && !replace) return io::PutResult::kExists;
  const int64_t created = found == objects_.end() ? scheduler.step() : found->second.created_step;
  if (found == objects_.end()) found = objects_.emplace(path, Object{}).first;
  found->second = {std::make_shared<const std::string>(bytes), created, now_ms(), ++generation_};
  return io::PutResult::kWritten;
}

bool World::Delete(std::string_view path) {
  Arrive();
  const auto found = objects_.find(path);
  if (found == objects_.end()) return false;
  gone_.push_back({found->first, found->second, scheduler.step()});
  objects_.erase(found);
  return true;
}

void World::PutLater(std::string_view path, std::string_view bytes, int64_t steps) {
  pending_.push_back({scheduler.step() + steps, std::string(path), std::string(bytes)});
}

void World::Arrive() {
  for (size_t i = 0; i < pending_.size();) {
    if (pending_[i].due_step > scheduler.step()) {
      ++i;
      continue;
    }
    const Pending arrived = std::move(pending_[i]);
    pending_.erase(pending_.begin() + static_cast<ptrdiff_t>(i));
    const bool written = Put(arrived.path, arrived.bytes, false) == io::PutResult::kWritten;
    trace.Note(scheduler.step(), -1, written ? "arrives late" : "arrives too late", arrived.path,
               Trace::HashOf(arrived.bytes));
  }
}

void World::Settle() {
  for (Pending& pending : pending_) pending.due_step = scheduler.step();
  Arrive();
}

Process::Process(World& of, int number_of, uint64_t seed, int64_t clock_offset_ms)
    : world(of), number(number_of), random(seed), clock_(of, clock_offset_ms) {}

}  // namespace lakehouse::sim
