// SPDX-License-Identifier: Apache-2.0
#include "trace/perfetto/track_packets.h"

#include <algorithm>
#include <array>

namespace taskcost {
namespace {

#define TASKCOST_NAME(name) #name,
constexpr std::array categories{TASKCOST_CATEGORIES(TASKCOST_NAME)};
constexpr std::array arguments{TASKCOST_ARGUMENTS(TASKCOST_NAME)};
#undef TASKCOST_NAME

constexpr std::uint32_t clock_monotonic = 3;

void define_name(google::protobuf::RepeatedPtrField<wire::InternedName>* list, std::uint64_t iid,
                 std::string_view name) {
  wire::InternedName* entry = list->Add();
  entry->set_iid(iid);
  entry->set_name(name.data(), name.size());
}

}  // namespace

TrackPackets::TrackPackets(PacketWriter& packets)
    : packets_(&packets), defined_categories_(categories.size()), defined_arguments_(arguments.size()) {}

// Ids of interned data start at 1, because 0 means "not set".
NameId TrackPackets::name(std::string_view text) {
  const auto [entry, is_new] = ids_.try_emplace(std::string(text), static_cast<NameId>(names_.size()));
  if (is_new) {
    names_.push_back(&entry->first);
    defined_names_.push_back(0);
  }
  return entry->second;
}

bool TrackPackets::first_use(std::vector<std::uint32_t>& defined, std::size_t id) {
  if (muted_ || defined[id] == clearing_) {
    return false;
  }
  defined[id] = clearing_;
  return true;
}

void TrackPackets::stamp(std::uint64_t at_ns) {
  packet_.Clear();
  packet_.set_timestamp(std::max(at_ns, from_ns_));
  packet_.set_trusted_packet_sequence_id(static_cast<std::uint32_t>(Sequence::tracks));
  if (!clears_ || muted_) {
    packet_.set_sequence_flags(wire::TracePacket::SEQ_NEEDS_INCREMENTAL_STATE);
    return;
  }
  clears_ = false;
  packet_.set_sequence_flags(wire::TracePacket::SEQ_INCREMENTAL_STATE_CLEARED |
                             wire::TracePacket::SEQ_NEEDS_INCREMENTAL_STATE);
  packet_.mutable_trace_packet_defaults()->set_timestamp_clock_id(clock_monotonic);
  if (clearing_ == 1) {
    packet_.set_first_packet_on_sequence(true);
  } else {
    packet_.set_previous_packet_dropped(1);
  }
}

wire::TrackEvent& TrackPackets::start(wire::TrackEvent::Type type, std::uint64_t track, std::uint64_t at_ns) {
  stamp(at_ns);
  wire::TrackEvent& event = *packet_.mutable_track_event();
  event.set_type(type);
  event.set_track_uuid(track);
  return event;
}

TrackPackets& TrackPackets::begin(std::uint64_t track, std::uint64_t at_ns, Category category, NameId name) {
  wire::TrackEvent& event = start(wire::TrackEvent::TYPE_SLICE_BEGIN, track, at_ns);
  const auto category_index = static_cast<std::size_t>(category);
  event.add_category_iids(category_index + 1);
  event.set_name_iid(name + 1);
  if (first_use(defined_categories_, category_index)) {
    define_name(packet_.mutable_interned_data()->mutable_event_categories(), category_index + 1,
                categories[category_index]);
  }
  if (first_use(defined_names_, name)) {
    define_name(packet_.mutable_interned_data()->mutable_event_names(), name + 1, *names_[name]);
  }
  return *this;
}

TrackPackets& TrackPackets::instant(std::uint64_t track, std::uint64_t at_ns, Category category, NameId name) {
  begin(track, at_ns, category, name);
  packet_.mutable_track_event()->set_type(wire::TrackEvent::TYPE_INSTANT);
  return *this;
}

TrackPackets& TrackPackets::end(std::uint64_t track, std::uint64_t at_ns) {
  start(wire::TrackEvent::TYPE_SLICE_END, track, at_ns);
  return *this;
}

wire::DebugAnnotation& TrackPackets::annotate(Argument argument) {
  const auto index = static_cast<std::size_t>(argument);
  if (first_use(defined_arguments_, index)) {
    define_name(packet_.mutable_interned_data()->mutable_debug_annotation_names(), index + 1, arguments[index]);
  }
  wire::DebugAnnotation& annotation = *packet_.mutable_track_event()->add_debug_annotations();
  annotation.set_name_iid(index + 1);
  return annotation;
}

TrackPackets& TrackPackets::with(Argument argument, std::uint64_t value) {
  annotate(argument).set_uint_value(value);
  return *this;
}

TrackPackets& TrackPackets::with_signed(Argument argument, std::int64_t value) {
  annotate(argument).set_int_value(value);
  return *this;
}

TrackPackets& TrackPackets::with_flag(Argument argument, bool value) {
  annotate(argument).set_bool_value(value);
  return *this;
}

TrackPackets& TrackPackets::with_text(Argument argument, std::string_view value) {
  annotate(argument).set_string_value(value.data(), value.size());
  return *this;
}

TrackPackets& TrackPackets::counter(std::uint64_t track, std::int64_t value) {
  packet_.mutable_track_event()->add_extra_counter_track_uuids(track);
  packet_.mutable_track_event()->add_extra_counter_values(value);
  return *this;
}

void TrackPackets::write() {
  if (!muted_) {
    packets_->write(packet_);
  }
}

wire::TrackDescriptor& TrackPackets::describe(std::uint64_t uuid, std::uint64_t at_ns) {
  stamp(at_ns);
  wire::TrackDescriptor& track = *packet_.mutable_track_descriptor();
  track.set_uuid(uuid);
  return track;
}

void TrackPackets::on_loss() {
  clears_ = true;
  ++clearing_;
}

}  // namespace taskcost
