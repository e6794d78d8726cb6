// SPDX-License-Identifier: Apache-2.0
#include "export/labels.h"

#include <gtest/gtest.h>

#include "base/escape.h"
#include "support/hostile_names.h"

namespace taskcost {
namespace {

TEST(Labels, AreValidAndBoundedWhateverANameIs) {
  constexpr std::size_t most_bytes = 1100;
  for (const std::string& name : test::hostile_names) {
    const std::string label = label_value(name);
    EXPECT_EQ(valid_utf8(label), label) << name;
    EXPECT_TRUE(test::is_harmless(label)) << name;
    EXPECT_EQ(label.find('\n'), std::string::npos) << name;
    EXPECT_LT(label_value(name + std::string(4096, 'a') + name).size(), most_bytes) << name;
  }
  EXPECT_EQ(label_value("/system.slice/nginx.service"), "/system.slice/nginx.service");
}

TEST(Labels, TransientUnitsHaveOneNameForAll) {
  EXPECT_EQ(fold_transient_units("/user.slice/user-1000.slice/session-12.scope"),
            "/user.slice/user-1000.slice/session-*.scope");
  EXPECT_EQ(fold_transient_units("/system.slice/run-r0a1b2c3d.service"), "/system.slice/run-*.service");
  EXPECT_EQ(fold_transient_units("/system.slice/run-u7.scope/child"), "/system.slice/run-*.scope/child");
  for (const char* const same : {"/", "/system.slice/cron.service", "/session-.scope", "/run-now", "relative/path"}) {
    EXPECT_EQ(fold_transient_units(same), same);
  }
}

TEST(Labels, APathTellsUnitContainerAndPod) {
  const std::string id(64, 'a');
  EXPECT_EQ(identify_cgroup("/"), CgroupIdentity());
  EXPECT_EQ(identify_cgroup("/system.slice/nginx.service"), (CgroupIdentity{"nginx.service", "system.slice", "", ""}));
  EXPECT_EQ(identify_cgroup("/system.slice/docker-" + id + ".scope"),
            (CgroupIdentity{"docker-" + id + ".scope", "system.slice", id, ""}));
  EXPECT_EQ(identify_cgroup("/docker/" + id), (CgroupIdentity{"", "", id, ""}));
  const std::string pod = "01234567-89ab-cdef-0123-456789abcdef";
  EXPECT_EQ(identify_cgroup("/kubepods/burstable/pod" + pod + "/" + id), (CgroupIdentity{"", "", id, pod}));
  EXPECT_EQ(identify_cgroup("/kubepods.slice/kubepods-pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-" +
                            id + ".scope"),
            (CgroupIdentity{"cri-containerd-" + id + ".scope", "kubepods-pod01234567_89ab_cdef_0123_456789abcdef.slice",
                            id, pod}));
  // Neither 63 digits nor a uid that is cut off are taken for what they resemble.
  EXPECT_EQ(identify_cgroup("/docker/" + id.substr(1)), CgroupIdentity());
  EXPECT_EQ(identify_cgroup("/kubepods/pod0123"), CgroupIdentity());
}

}  // namespace
}  // namespace taskcost
