//! A range of addresses, or one address.

use core::net::IpAddr;
use std::fmt;
use std::str::FromStr;

/// All addresses that begin with the same bits.
///
/// An IPv4 address that is written as one of IPv6 (RFC 4291 section 2.5.5.2) is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.first.is_ipv4() == address.is_ipv4() && masked(address, self.bits) == number(self.first)
    }

    /// The one address that it is, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        (self.bits == width(self.first)).then_some(self.first)
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let canonical = address.to_canonical();
        // The bits of a prefix are counted as it was written.
        let before = width(address) - width(canonical);
        let bits = match bits {
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse::<u8>().map_err(|_| ())?,
            Some(_) => return Err(()),
            None => width(address),
        };
        let bits = bits.checked_sub(before).filter(|bits| *bits <= width(canonical)).ok_or(())?;
        let masked = masked(canonical, bits);
        let first = match canonical {
            IpAddr::V4(_) => IpAddr::from(u32::try_from(masked).map_err(|_| ())?.to_be_bytes()),
            IpAddr::V6(_) => IpAddr::from(masked.to_be_bytes()),
        };
        Ok(Self { first, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address() {
            Some(address) => write!(formatter, "{address}"),
            None => write!(formatter, "{}/{}", self.first, self.bits),
        }
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address as a number, with all but its first bits zero.
fn masked(address: IpAddr, bits: u8) -> u128 {
    let rest = u32::from(width(address) - bits);
    number(address).checked_shr(rest).and_then(|kept| kept.checked_shl(rest)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_alike() {
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("0.0.0.0/0", "255.255.255.255"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(contains("2001:db8::/33", "2001:db8:7fff::"));
        assert!(!contains("2001:db8::/33", "2001:db8:8000::"));
        assert!(contains("192.0.2.7", "192.0.2.7"));
        assert!(!contains("192.0.2.7", "192.0.2.8"));
    }

    #[test]
    fn an_address_of_ipv4_in_ipv6_is_that_address() {
        assert!(contains("::ffff:192.0.2.0/120", "192.0.2.200"));
        assert!(contains("192.0.2.0/24", "::ffff:192.0.2.200"));
        assert!("::ffff:192.0.2.0/90".parse::<Network>().is_err());
    }

    #[test]
    fn a_network_is_shown_by_its_first_address() {
        for (text, shown) in
            [("10.1.2.3/8", "10.0.0.0/8"), ("10.1.2.3/32", "10.1.2.3"), ("2001:DB8::5/32", "2001:db8::/32")]
        {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), shown);
        }
        for text in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0", "::/129", "10.0.0.0/8/8", "x/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
