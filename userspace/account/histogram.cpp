// SPDX-License-Identifier: Apache-2.0
#include "taskcost/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "account/account.h"
#include "base/monotonic_clock.h"

namespace taskcost {
namespace {

// Values beyond the limit are in the last bucket too, so it extends to the maximum.
std::uint64_t limit_of(std::uint32_t bucket, std::uint64_t max_ns) {
  const std::uint64_t limit = tc_bucket_from(bucket + 1);
  return bucket + 1 == TC_HISTOGRAM_BUCKETS ? std::max(limit, max_ns + 1) : limit;
}

}  // namespace

void Histogram::add(Duration value) {
  const auto ns = static_cast<std::uint64_t>(std::max(value, Duration::zero()).count());
  raw_.buckets[tc_bucket_of(ns)]++;
  raw_.sum_ns += ns;
  raw_.max_ns = std::max<std::uint64_t>(raw_.max_ns, ns);
  raw_.min_ns_inverted = std::max<std::uint64_t>(raw_.min_ns_inverted, ~ns);
}

void Histogram::merge(const tc_histogram& raw) {
  for (std::uint32_t bucket = 0; bucket < TC_HISTOGRAM_BUCKETS; ++bucket) {
    raw_.buckets[bucket] += raw.buckets[bucket];
  }
  raw_.sum_ns += raw.sum_ns;
  raw_.max_ns = std::max(raw_.max_ns, raw.max_ns);
  raw_.min_ns_inverted = std::max(raw_.min_ns_inverted, raw.min_ns_inverted);
}

void Histogram::merge(const Histogram& other) { merge(other.raw_); }

std::uint64_t Histogram::count() const {
  return std::accumulate(std::begin(raw_.buckets), std::end(raw_.buckets), std::uint64_t{0});
}

std::optional<Duration> Histogram::min() const {
  return count() == 0 ? std::nullopt : std::optional(nanoseconds(~raw_.min_ns_inverted));
}

std::optional<Duration> Histogram::max() const {
  return count() == 0 ? std::nullopt : std::optional(nanoseconds(raw_.max_ns));
}

std::optional<Duration> Histogram::quantile(double q) const {
  const std::uint64_t values = count();
  if (values == 0) {
    return std::nullopt;
  }
  // This is the nearest rank: the smallest value that at least a share q of the values does not exceed.
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(values));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, values);
  std::uint64_t seen = 0;
  std::uint32_t bucket = 0;
  while (bucket + 1 < TC_HISTOGRAM_BUCKETS && seen + raw_.buckets[bucket] < rank) {
    seen += raw_.buckets[bucket++];
  }
  const std::uint64_t from = tc_bucket_from(bucket);
  const std::uint64_t middle = from + (limit_of(bucket, raw_.max_ns) - from) / 2;
  // The copy may have been read between two stores of the probe, with its minimum above its maximum.
  return nanoseconds(std::min<std::uint64_t>(std::max<std::uint64_t>(middle, ~raw_.min_ns_inverted), raw_.max_ns));
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> filled;
  for (std::uint32_t bucket = 0; bucket < TC_HISTOGRAM_BUCKETS; ++bucket) {
    if (raw_.buckets[bucket] != 0) {
      filled.push_back(
          {nanoseconds(tc_bucket_from(bucket)), nanoseconds(limit_of(bucket, raw_.max_ns)), raw_.buckets[bucket]});
    }
  }
  return filled;
}

}  // namespace taskcost
