#include "query/engines/duckdb/instance_pool.h"

#include <algorithm>

namespace lakehouse::query::duckdb {

InstancePool::InstancePool(std::string lake_name, EngineOptions options)
    : lake_name_(std::move(lake_name)), options_(std::move(options)) {
  members_.push_back({Open()});
}

InstancePool::Claim InstancePool::Take(const std::shared_ptr<Instance>& preferred) {
  std::lock_guard lock(mutex_);
  auto chosen = std::find_if(members_.begin(), members_.end(), [&](const Member& member) {
    return !member.taken && member.instance == preferred;
  });
  if (chosen == members_.end()) {
    chosen = std::find_if(members_.begin(), members_.end(),
                          [](const Member& member) { return !member.taken; });
  }
  if (chosen == members_.end()) chosen = members_.insert(members_.end(), {Open()});
  chosen->taken = true;
  auto instance = chosen->instance;
  return {instance, {nullptr, [this, claimed = instance.get()](void*) { GiveBack(claimed); }}};
}

std::shared_ptr<Instance> InstancePool::Any(const std::shared_ptr<Instance>& preferred) {
  std::lock_guard lock(mutex_);
  for (const auto& member : members_) {
    if (member.instance == preferred) return preferred;
  }
  if (members_.empty()) members_.push_back({Open()});
  const auto idle = std::find_if(members_.begin(), members_.end(),
                                 [](const Member& member) { return !member.taken; });
  return (idle == members_.end() ? members_.front() : *idle).instance;
}

void InstancePool::Forget(const std::shared_ptr<Instance>& broken) {
  std::lock_guard lock(mutex_);
  std::erase_if(members_,
                [&](const Member& member) { return member.instance.get() == broken.get(); });
}

std::shared_ptr<Instance> InstancePool::Open() {
  return std::make_shared<Instance>(lake_name_, options_);
}

void InstancePool::GiveBack(const Instance* instance) {
  std::lock_guard lock(mutex_);
  for (auto& member : members_) {
    if (member.instance.get() == instance) member.taken = false;
  }
}

}  // namespace lakehouse::query::duckdb
