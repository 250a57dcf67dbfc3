//! Which addresses the server may call.
//!
//! What it calls is named by users, and it stands where they do not: beside databases, metadata services, other
//! people's sockets. So only addresses of the public internet are called, unless the operator allows more.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Which addresses the server may call.
#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    /// Networks that may be called although they are not public.
    pub(super) allow: Vec<IpNet>,
    /// Networks that must not be called, whatever else is said of them.
    pub(super) deny: Vec<IpNet>,
}

/// Services that hand out credentials to whoever can reach them. Those of most clouds share the
/// first.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    // Amazon's, for containers.
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    // Alibaba's.
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    // Azure's host, on an address that looks public.
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    // Amazon's over IPv6.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// Why an address must not be called.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The operator said so.
    Denied,
    /// It is of this kind, and the operator did not allow it.
    Kind(&'static str),
}

impl Policy {
    /// The policy for a host that the operator named: whoever names it means its address, private or not. What is denied
    /// stays denied, and nobody names a metadata service by accident.
    pub(super) fn of_named_hosts(&self) -> Self {
        let everything = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
        let everything = everything.map(|zero| IpNet::new_assert(zero, 0));
        Self { allow: [self.allow.as_slice(), &everything].concat(), deny: self.deny.clone() }
    }

    /// Whether an address may be called.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), Refusal> {
        let outer = address;
        let address = embedded(outer);
        // A network that is denied may be that of a translator.
        if self.deny.iter().any(|network| network.contains(&outer) || network.contains(&address)) {
            return Err(Refusal::Denied);
        }
        if METADATA.contains(&address) {
            // Whoever allows a wide network did not think of these: only their own address allows them.
            let named = self.allow.iter().any(|network| *network == IpNet::from(address));
            return if named { Ok(()) } else { Err(Refusal::Kind("metadata")) };
        }
        let Some(kind) = special(address) else { return Ok(()) };
        if self.allow.iter().any(|network| network.contains(&address)) { Ok(()) } else { Err(Refusal::Kind(kind)) }
    }
}

/// The IPv4 address that packets to an IPv6 address end up at, where there is one: mapped, compatible (RFC 4291), 6to4
/// (RFC 3056) or translated (RFC 6052).
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let four = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        // `::` and `::1` are themselves.
        [0, 0, 0, 0, 0, 0, 0, _] => address,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            four(high, low)
        }
        _ => address,
    }
}

/// What kind of address this is, if it is none of the public internet: the registries of RFC 6890.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => special_v6(v6),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("unspecified"),
        [127, ..] => Some("loopback"),
        [169, 254, ..] => Some("link-local"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private"),
        // Between a provider and its customers (RFC 6598); some clouds use it for their own services.
        [100, 64..=127, ..] => Some("shared"),
        [224..=239, ..] => Some("multicast"),
        // For protocols, documentation and measurements.
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        // Unique local, and the site-local ones before them.
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Some("private"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        // For protocols (Teredo among them) and documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, ..] => Some("reserved"),
        // All that is routed today.
        [0x2000..=0x3fff, ..] => None,
        _ => Some("reserved"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Policy, Refusal};

    fn policy(allow: &[&str], deny: &[&str]) -> Policy {
        let read = |networks: &[&str]| networks.iter().map(|network| network.parse().unwrap()).collect();
        Policy { allow: read(allow), deny: read(deny) }
    }

    fn kind(policy: &Policy, address: &str) -> &'static str {
        match policy.check(address.parse().unwrap()) {
            Ok(()) => "",
            Err(Refusal::Denied) => "denied",
            Err(Refusal::Kind(kind)) => kind,
        }
    }

    #[test]
    fn only_the_public_internet_may_be_called() {
        let policy = Policy::default();
        for (address, expected) in [
            ("1.1.1.1", ""),
            ("93.184.216.34", ""),
            ("2606:4700:4700::1111", ""),
            ("127.0.0.1", "loopback"),
            ("127.255.255.254", "loopback"),
            ("::1", "loopback"),
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"),
            ("::", "unspecified"),
            ("10.1.2.3", "private"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"),
            ("172.32.0.1", ""),
            ("192.168.0.1", "private"),
            ("fd12:3456::1", "private"),
            ("fec0::1", "private"),
            ("169.254.1.1", "link-local"),
            ("fe80::1", "link-local"),
            ("100.64.0.1", "shared"),
            ("100.128.0.1", ""),
            ("224.0.0.1", "multicast"),
            ("ff02::1", "multicast"),
            ("255.255.255.255", "reserved"),
            ("192.0.2.1", "reserved"),
            ("198.18.0.1", "reserved"),
            ("2001:db8::1", "reserved"),
            ("2001::1", "reserved"),
            ("100::1", "reserved"),
            ("169.254.169.254", "metadata"),
            ("100.100.100.200", "metadata"),
            ("168.63.129.16", "metadata"),
            ("fd00:ec2::254", "metadata"),
        ] {
            assert_eq!(kind(&policy, address), expected, "{address}");
        }
    }

    #[test]
    fn a_translator_s_network_can_be_denied_as_well_as_what_is_behind_it() {
        let policy = policy(&[], &["64:ff9b::/96", "9.9.9.0/24"]);
        assert_eq!(kind(&policy, "64:ff9b::1.1.1.1"), "denied");
        assert_eq!(kind(&policy, "2002:909:909::"), "denied");
        assert_eq!(kind(&policy, "1.1.1.1"), "");
    }

    #[test]
    fn an_address_within_another_one_is_the_one_that_counts() {
        let policy = Policy::default();
        for (address, expected) in [
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:10.0.0.1", "private"),
            ("::ffff:169.254.169.254", "metadata"),
            ("::127.0.0.1", "loopback"),
            ("64:ff9b::10.0.0.1", "private"),
            ("2002:7f00:1::", "loopback"),
            ("::ffff:1.1.1.1", ""),
        ] {
            assert_eq!(kind(&policy, address), expected, "{address}");
        }
    }

    #[test]
    fn what_is_allowed_may_be_called_and_what_is_denied_must_not_even_then() {
        let policy = policy(&["10.0.0.0/8", "fd00::/8"], &["10.9.0.0/16", "1.1.1.0/24"]);
        assert_eq!(kind(&policy, "10.1.2.3"), "");
        assert_eq!(kind(&policy, "::ffff:10.1.2.3"), "");
        assert_eq!(kind(&policy, "fd12::1"), "");
        assert_eq!(kind(&policy, "192.168.0.1"), "private");
        assert_eq!(kind(&policy, "10.9.1.1"), "denied");
        assert_eq!(kind(&policy, "::ffff:10.9.1.1"), "denied");
        assert_eq!(kind(&policy, "1.1.1.1"), "denied");
    }

    #[test]
    fn a_host_that_the_operator_named_may_have_any_address_but_those_that_are_denied() {
        let named = policy(&[], &["10.9.0.0/16"]).of_named_hosts();
        for address in ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "fd12::1", "1.1.1.1"] {
            assert_eq!(kind(&named, address), "", "{address}");
        }
        assert_eq!(kind(&named, "10.9.1.1"), "denied");
        assert_eq!(kind(&named, "169.254.169.254"), "metadata");
    }

    #[test]
    fn only_its_own_address_allows_a_metadata_service() {
        let wide = policy(&["0.0.0.0/0", "169.254.0.0/16", "::/0"], &[]);
        assert_eq!(kind(&wide, "169.254.1.1"), "");
        assert_eq!(kind(&wide, "169.254.169.254"), "metadata");
        assert_eq!(kind(&wide, "fd00:ec2::254"), "metadata");
        let named = policy(&["169.254.169.254/32"], &[]);
        assert_eq!(kind(&named, "169.254.169.254"), "");
    }
}
