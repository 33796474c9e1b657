//! Ranks on two hosts that reach each other by TCP alone: network namespaces of this machine, each with a name of its own.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::bytes::{lasting, same};
use crate::launch::{alone, errors, mpirun_within, outcome};
use crate::program::{Outcome, Workplace};
use crate::support::skipped;

/// The address of each host on the one network that both are on.
const ADDRESSES: [&str; 2] = ["10.9.0.1", "10.9.0.2"];

/// Two namespaces, which go with this.
struct Hosts {
    names: [String; 2],
}

impl Hosts {
    /// Two hosts for the ranks of one test; none, which is told, where this user may not make them.
    fn new(test: &str) -> Option<Hosts> {
        let own = |host| format!("gatefold-{}-{test}-{host}", std::process::id());
        let hosts = Hosts {
            names: [own("a"), own("b")],
        };
        if hosts.connect() {
            return Some(hosts);
        }
        skipped(
            "may not make network namespaces with names (ip netns add, unshare --uts, hostname), as root may",
        );
        None
    }

    fn connect(&self) -> bool {
        let [a, b] = &self.names;
        ip(&["netns", "add", a])
            && ip(&["netns", "add", b])
            && ip(&[
                "link", "add", "eth0", "netns", a, "type", "veth", "peer", "name", "eth0", "netns",
                b,
            ])
            && self.names.iter().zip(ADDRESSES).all(|(name, address)| {
                ip(&[
                    "-n",
                    name,
                    "address",
                    "add",
                    &format!("{address}/24"),
                    "dev",
                    "eth0",
                ]) && ip(&["-n", name, "link", "set", "lo", "up"])
                    && ip(&["-n", name, "link", "set", "eth0", "up"])
                    && ip(&["netns", "exec", name, "unshare", "--uts", "hostname", name])
            })
    }

    /// A rank of each command on each host, started from the first.
    fn ranks(&self, place: &Workplace, commands: [&str; 2]) -> Outcome {
        let [a, b] = &self.names;
        // What mpirun takes for ssh: the first word is the host, the others are a line for a shell there.
        let script = format!(
            "#!/bin/sh\nshift\nexec ip netns exec {b} unshare --uts sh -c \"hostname {b} && $*\"\n"
        );
        let agent = place.path("agent");
        std::fs::write(&agent, script).unwrap();
        std::fs::set_permissions(&agent, std::fs::Permissions::from_mode(0o755)).unwrap();
        let agent = agent.to_str().unwrap();
        let there = format!("hostname {a} && exec \"$@\"");
        let outer = [
            "ip", "netns", "exec", a, "unshare", "--uts", "sh", "-c", &there, "sh",
        ];
        let hosts = ADDRESSES.join(",");
        let network = "10.9.0.0/24";
        let options = [
            ["--mca", "plm_rsh_agent", agent],
            ["--mca", "btl", "self,tcp"],
            ["--mca", "btl_tcp_if_include", network],
            ["--mca", "oob_tcp_if_include", network],
        ];
        let options = [
            &options.concat()[..],
            &["--host", &hosts, "--map-by", "node"],
        ]
        .concat();
        let ranks = commands.map(|line| (1, line));
        outcome(&mut mpirun_within(place, &outer, &options, &ranks))
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in &self.names {
            ip(&["netns", "delete", name]);
        }
    }
}

/// Whether `ip` did this.
fn ip(arguments: &[&str]) -> bool {
    let output = Command::new("ip").args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn ranks_on_two_hosts_leave_the_files_of_one_process() {
    let Some(hosts) = Hosts::new("files") else {
        return;
    };
    let place = Workplace::new();
    let line = "train dropout --limit-train 58 --limit-test 31 --epochs 2 --batch-size 7 --shards 4 --quiet --out";
    alone(&place, &format!("{line} alone")).succeeds();
    let of_hosts = format!("{line} hosts");
    hosts.ranks(&place, [&of_hosts, &of_hosts]).succeeds();
    same(&place, "hosts", &lasting(&place, "alone"));
}

#[test]
fn a_rank_that_fails_is_told_with_its_host() {
    let Some(hosts) = Hosts::new("fails") else {
        return;
    };
    let place = Workplace::new();
    let good = "train dropout --limit-train 40 --limit-test 20 --epochs 1 --out run";
    let bad = "train dropout --data none.csv --out run";
    let outcome = hosts.ranks(&place, [good, bad]);
    let expected = format!("rank 1 on {}: ", hosts.names[1]);
    let told = errors(&outcome);
    assert_eq!((outcome.code, told.len()), (1, 1), "{outcome:#?}");
    assert!(
        told[0].contains(&expected) && told[0].contains("none.csv"),
        "{told:?}"
    );
}
