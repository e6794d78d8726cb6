// SPDX-License-Identifier: Apache-2.0
//
// An ordered map that drops its oldest entry rather than grow beyond a limit. It holds entries that wait for a
// counterpart, which never comes if its record was lost.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <map>
#include <utility>

namespace taskcost {

template <typename Key, typename Value>
class BoundedMap {
 public:
  // The pointers are valid until the map changes; nullptr if nothing was found.
  struct Found {
    const Key* key = nullptr;
    Value* value = nullptr;
    explicit operator bool() const { return value != nullptr; }
  };

  explicit BoundedMap(std::size_t limit) : limit_(limit) {}
  // A copy would point to the keys of the original. A move takes the nodes along.
  BoundedMap(const BoundedMap&) = delete;
  BoundedMap& operator=(const BoundedMap&) = delete;
  BoundedMap(BoundedMap&&) noexcept = default;
  BoundedMap& operator=(BoundedMap&&) noexcept = default;
  ~BoundedMap() = default;

  // Returns the entry and creates it if it is missing. The entry becomes the youngest.
  Value& refresh(const Key& key) {
    auto [entry, made] = entries_.try_emplace(key);
    if (made) {
      entry->second.age = ages_.insert(ages_.end(), &entry->first);
    } else {
      ages_.splice(ages_.end(), ages_, entry->second.age);
    }
    if (entries_.size() > limit_ && entries_.size() > 1) {
      // erase() frees the key that ages_ points to: copy it first.
      const Key oldest = *ages_.front();
      erase(oldest);
    }
    return entry->second.value;
  }

  [[nodiscard]] Value* find(const Key& key) { return found(entries_.find(key)).value; }
  [[nodiscard]] Found first_not_below(const Key& key) { return found(entries_.lower_bound(key)); }
  [[nodiscard]] Found last_not_above(const Key& key) { return found_before(entries_.upper_bound(key)); }
  [[nodiscard]] Found last_below(const Key& key) { return found_before(entries_.lower_bound(key)); }

  void erase(const Key& key) {
    const auto entry = entries_.find(key);
    if (entry != entries_.end()) {
      ages_.erase(entry->second.age);
      entries_.erase(entry);
    }
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Value value{};
    typename std::list<const Key*>::iterator age;
  };
  using Entries = std::map<Key, Entry>;

  Found found(typename Entries::iterator entry) {
    return entry == entries_.end() ? Found{} : Found{&entry->first, &entry->second.value};
  }
  Found found_before(typename Entries::iterator entry) {
    return entry == entries_.begin() ? Found{} : found(std::prev(entry));
  }

  std::size_t limit_;
  Entries entries_;
  std::list<const Key*> ages_;  // sorted, the oldest first
};

}  // namespace taskcost
