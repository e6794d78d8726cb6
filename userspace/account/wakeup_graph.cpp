// SPDX-License-Identifier: Apache-2.0
#include "account/wakeup_graph.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "account/ledger.h"
#include "account/wakers.h"

namespace taskcost {
namespace {

constexpr unsigned channel_shift = 56;
constexpr std::size_t kept_chains = 100;

tc_wait cause_of(std::uint32_t raw) { return raw < TC_NR_WAITS ? static_cast<tc_wait>(raw) : TC_WAIT_OTHER; }

// The flows that use one pipe, connection or queue.
struct SharedObject {
  tc_channel channel = TC_CHANNEL_NONE;
  std::vector<const tc_flow*> flows;
};

// The upper half of an inet socket's link identifies its own end, the lower half its peer.
std::uint32_t own_half(std::uint64_t link) { return static_cast<std::uint32_t>(link >> 32U); }
std::uint32_t peer_half(std::uint64_t link) { return static_cast<std::uint32_t>(link); }
// Two tasks that use the same end of a connection are not each other's peers.
bool is_lower_side(std::uint64_t link) { return own_half(link) < peer_half(link); }

// True if two tasks can pass bytes to each other: they use opposite ends of a connection, or the same
// pipe or queue.
bool is_across(tc_channel channel, const tc_flow& flow, const tc_flow& other) {
  switch (channel) {
    case TC_CHANNEL_INET_SOCKET:
      return is_lower_side(flow.sums.link) != is_lower_side(other.sums.link);
    case TC_CHANNEL_UNIX_SOCKET:
    case TC_CHANNEL_PTY:
      return other.key.object != flow.key.object;
    case TC_CHANNEL_OTHER_SOCKET:
      return false;  // its other end is not known, and is often the kernel: netlink
    default:
      return other.key.object == flow.key.object;
  }
}

// The flows that can exchange bytes with `flow` in one direction.
std::vector<const tc_flow*> peers_of(const SharedObject& object, const tc_flow& flow, __u64 tc_flow_sums::*calls) {
  std::vector<const tc_flow*> peers;
  for (const tc_flow* other : object.flows) {
    if (other->sums.*calls > 0 && is_across(object.channel, flow, *other)) {
      peers.push_back(other);
    }
  }
  return peers;
}

// Groups flows by the pipe, connection or queue that they share.
class SharedObjects {
 public:
  void add(const tc_flow& flow) {
    const auto channel = static_cast<std::uint32_t>(flow.key.object >> channel_shift);
    // The link is 0 for a pipe, and for a connection whose peer was never observed: its own object is then the key.
    const std::uint64_t link = flow.sums.link != 0 ? flow.sums.link : flow.key.object;
    const bool is_connection = channel == TC_CHANNEL_INET_SOCKET && flow.sums.link != 0;
    SharedObject& object = objects_[{channel, is_connection ? connection_of(link) : link}];
    object.channel = channel < TC_NR_CHANNELS ? static_cast<tc_channel>(channel) : TC_CHANNEL_NONE;
    object.flows.push_back(&flow);
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& [key, object] : objects_) {
      visit(object);
    }
  }

 private:
  // The connecting end numbers its own half one lower than its peer does.
  std::uint64_t connection_of(std::uint64_t link) const {
    const std::uint32_t low = std::min(own_half(link), peer_half(link));
    const std::uint32_t high = std::max(own_half(link), peer_half(link));
    for (const std::uint32_t a : {low, low - 1, low + 1}) {
      for (const std::uint32_t b : {high, high - 1, high + 1}) {
        if (const std::uint64_t known = key_of(a, b); objects_.contains({TC_CHANNEL_INET_SOCKET, known})) {
          return known;
        }
      }
    }
    return key_of(low, high);
  }
  static std::uint64_t key_of(std::uint32_t low, std::uint32_t high) { return std::uint64_t{low} << 32U | high; }

  std::map<std::pair<std::uint32_t, std::uint64_t>, SharedObject> objects_;
};

// Bytes between two ledgers; 0: unknown sender or receiver. TC_BYTES_UNKNOWN: an unknown number of bytes.
struct Passed {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t bytes = 0;
};

// Bytes in a pipe do not carry their sender. With one reader or one writer the pairs are clear; with several of both
// they are not.
std::vector<Passed> sent_by(const SharedObject& object, const tc_flow& writer) {
  if (writer.sums.bytes_out == 0) {
    return {};
  }
  const auto readers = peers_of(object, writer, &tc_flow_sums::calls_in);
  if (readers.size() == 1) {
    return {{writer.key.task, readers.front()->key.task, writer.sums.bytes_out}};
  }
  if (readers.empty() || peers_of(object, *readers.front(), &tc_flow_sums::calls_out).size() > 1) {
    return {{writer.key.task, 0, writer.sums.bytes_out}};
  }
  std::vector<Passed> passed;
  passed.reserve(readers.size());
  for (const tc_flow* reader : readers) {
    passed.push_back({writer.key.task, reader->key.task, reader->sums.bytes_in});
  }
  return passed;
}

// The bytes that came from tasks that are not observed.
std::vector<Passed> received_from_outside(const SharedObject& object, const tc_flow& reader) {
  if (reader.sums.bytes_in == 0 || !peers_of(object, reader, &tc_flow_sums::calls_out).empty()) {
    return {};
  }
  return {{0, reader.key.task, reader.sums.bytes_in}};
}

// The part of the first wait that the second one explains.
Duration explained(const Chain& chain) { return std::min(chain[0].waited, chain[1].waited); }

// True if a longer chain ends in the same links.
bool is_tail(const Chain& chain, const Chain& longer) {
  return chain.size() < longer.size() &&
         std::ranges::equal(chain, std::span(longer).last(chain.size()), [](const ChainLink& a, const ChainLink& b) {
           return a.task == b.task && a.tid == b.tid && a.waited == b.waited;
         });
}

}  // namespace

// The edges by the pair of tasks and the cause.
class WakeupGraph::Merged {
 public:
  explicit Merged(std::size_t expected) { places_.reserve(expected); }

  // Valid until the next call.
  Edge& between(const Waker& from, std::uint64_t to, std::uint32_t to_tid, tc_wait cause) {
    const auto [place, made] = places_.try_emplace({from.kind, from.task, from.tid, to, to_tid, cause}, edges_.size());
    if (!made) {
      return edges_[place->second];
    }
    Edge& edge = edges_.emplace_back();
    edge.from = from;
    edge.to = to;
    edge.to_tid = to_tid;
    edge.cause = cause;
    return edge;
  }
  // The longest waiting time comes first.
  std::vector<Edge> take() {
    places_.clear();
    std::ranges::sort(edges_, [](const Edge& left, const Edge& right) {
      return left.waited != right.waited ? left.waited > right.waited : key_of(left) < key_of(right);
    });
    return std::move(edges_);
  }

 private:
  using Key = std::tuple<Waker::Kind, std::uint64_t, std::uint32_t, std::uint64_t, std::uint32_t, tc_wait>;
  struct Hash {
    std::size_t operator()(const Key& key) const {
      const auto& [kind, from, from_tid, to, to_tid, cause] = key;
      std::uint64_t hash = static_cast<std::uint64_t>(kind) << 8U | static_cast<std::uint64_t>(cause);
      for (const std::uint64_t part : {from, std::uint64_t{from_tid}, to, std::uint64_t{to_tid}}) {
        hash = (hash ^ part) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 32U;
      }
      return hash;
    }
  };
  static Key key_of(const Edge& edge) {
    return {edge.from.kind, edge.from.task, edge.from.tid, edge.to, edge.to_tid, edge.cause};
  }

  std::vector<Edge> edges_;
  std::unordered_map<Key, std::size_t, Hash> places_;  // in edges_
};

// A name is asked for once: there are many edges of few call sites.
class WakeupGraph::CallSites {
 public:
  explicit CallSites(const Names& names) : names_(names) {}
  const std::string& operator[](std::uint32_t from) {
    const auto [known, made] = known_.try_emplace(from);
    if (made) {
      known->second = names_.call_site(from);
    }
    return known->second;
  }

 private:
  const Names& names_;
  std::unordered_map<std::uint32_t, std::string> known_;
};

void WakeupGraph::add(const tc_ledger& ledger) {
  if (tids_.size() < limit_) {
    tids_[ledger.id] = ledger.tid;
  }
  for (const tc_edge& edge : ledger.edges) {
    // A count of 0 is a wait that has not ended: no task has woken it yet.
    if (edge.key.sleeper != 0 && edge.sums.count != 0) {
      on_edge(edge);
    }
  }
  for (const tc_edge& edge : ledger.other_edges) {
    if (edge.sums.count != 0) {
      on_edge(edge);
    }
  }
  for (const tc_flow& flow : ledger.flows) {
    if (flow.key.object != 0) {
      on_flow(flow);
    }
  }
  for (const tc_chain& chain : ledger.chains) {
    if (chain.length > 1) {
      chains_.push_back(chain);
    }
  }
  // Reports show only the chains that explain most: drop the others.
  if (chains_.size() >= 4 * kept_chains) {
    const auto middle = chains_.begin() + kept_chains;
    std::ranges::nth_element(chains_, middle, std::ranges::greater(), [](const tc_chain& chain) {
      return std::min(chain.links[0].blocked_ns, chain.links[1].blocked_ns);
    });
    chains_.erase(middle, chains_.end());
  }
}

void WakeupGraph::on_edge(const tc_edge& edge) {
  if (edges_.size() < limit_) {
    edges_.push_back(edge);
  } else {
    ++left_out_;
  }
}

void WakeupGraph::on_flow(const tc_flow& flow) {
  if (flows_.size() < limit_) {
    flows_.push_back(flow);
  } else {
    ++left_out_;
  }
}

std::uint32_t WakeupGraph::tid_of(std::uint64_t ledger) const {
  const auto found = tids_.find(ledger);
  return found == tids_.end() ? 0 : found->second;
}

Waker WakeupGraph::waker_of(std::uint64_t raw, const Names& names) const {
  return taskcost::waker_of(raw, {names.task, [this](std::uint64_t ledger) { return tid_of(ledger); }});
}

// Returns how many edges are of tasks that are not kept one by one.
std::uint64_t WakeupGraph::take_wakeups(const Names& names, Merged& merged) const {
  CallSites call_sites(names);
  std::uint64_t others = 0;
  for (const tc_edge& raw : edges_) {
    const std::uint64_t to = names.task(raw.key.sleeper);
    if (to == 0) {
      ++others;
      continue;
    }
    const Waker from = waker_of(raw.key.waker, names);
    Edge& edge = merged.between(from, to, tid_of(raw.key.sleeper), cause_of(raw.key.wait));
    edge.wakeups += raw.sums.count;
    edge.waited += nanoseconds(raw.sums.blocked_ns);
    edge.longest = std::max(edge.longest, nanoseconds(raw.sums.max_ns));
    if (from.kind == Waker::Kind::task) {
      edge.call_sites[call_sites[raw.key.from]] += raw.sums.count;
    }
  }
  return others;
}

void WakeupGraph::take_bytes(const Names& names, Merged& merged) const {
  SharedObjects objects;
  for (const tc_flow& flow : flows_) {
    objects.add(flow);
  }
  const auto add_bytes = [&](const SharedObject& object, const std::vector<Passed>& all) {
    for (const Passed& passed : all) {
      // 0 here also means that the sender is not observed.
      const Waker sender = waker_of(passed.from, names);
      Edge& edge = merged.between(sender, names.task(passed.to), tid_of(passed.to), wait_of(object.channel));
      edge.bytes = sum_of_bytes(edge.bytes.value_or(0), passed.bytes);
    }
  };
  objects.for_each([&](const SharedObject& object) {
    for (const tc_flow* flow : object.flows) {
      add_bytes(object, sent_by(object, *flow));
      add_bytes(object, received_from_outside(object, *flow));
    }
  });
}

std::vector<Chain> WakeupGraph::take_chains(const Names& names) const {
  std::vector<Chain> chains;
  for (const tc_chain& raw : chains_) {
    Chain chain;
    for (std::size_t i = 0; i < std::min<std::size_t>(raw.length, TC_CHAIN_LINKS); ++i) {
      const tc_link& link = raw.links[i];
      chain.push_back({names.task(link.sleeper), tid_of(link.sleeper), waker_of(link.waker, names), cause_of(link.wait),
                       names.call_site(link.from), nanoseconds(link.blocked_ns)});
    }
    chains.push_back(std::move(chain));
  }
  std::ranges::stable_sort(chains, std::ranges::greater(), explained);
  std::vector<Chain> whole;
  for (const Chain& chain : chains) {
    if (std::ranges::none_of(chains, [&](const Chain& longer) { return is_tail(chain, longer); })) {
      whole.push_back(chain);
    }
  }
  if (whole.size() > kept_chains) {
    whole.resize(kept_chains);
  }
  return whole;
}

WakeupGraph::Taken WakeupGraph::take(const Names& names) {
  Merged merged(edges_.size());
  Taken taken;
  taken.other_edges = take_wakeups(names, merged) + left_out_;
  take_bytes(names, merged);
  taken.edges = merged.take();
  for (Edge& edge : taken.edges) {
    if (edge.bytes == TC_BYTES_UNKNOWN) {
      edge.bytes.reset();
    }
  }
  taken.chains = take_chains(names);
  return taken;
}

}  // namespace taskcost
