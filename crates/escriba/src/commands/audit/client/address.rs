//! Where a server is, and what is asked of it, as texts of a URL.

use std::fmt;

use anyhow::{Context as _, Result, bail};
use http::Uri;
use http::uri::Scheme;

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(super) tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    /// Host and port as they were written.
    pub(super) authority: String,
    /// What stands before every path; empty, or begins and does not end with a slash.
    pub(super) prefix: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let uri: Uri = text.trim().parse().context("it is not a URL")?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => bail!("it begins neither with https:// nor with http://"),
        };
        let authority = uri.authority().context("it names no host")?;
        if authority.as_str().contains('@') {
            bail!("it holds a name or a password, which do not belong there");
        }
        if uri.query().is_some() {
            bail!("it has a query, which an address of a server has not");
        }
        let host = authority.host();
        Ok(Self {
            tls,
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.to_string(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Whether what is sent stays on this machine.
    pub(super) fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.prefix)
    }
}

/// The query of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(&'static str, String)>);

impl Query {
    /// This query with a parameter, if there is a value.
    pub(crate) fn with(mut self, name: &'static str, value: Option<impl fmt::Display>) -> Self {
        self.0.extend(value.map(|value| (name, value.to_string())));
        self
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, value)) in self.0.iter().enumerate() {
            write!(f, "{}{name}={}", if number == 0 { '?' } else { '&' }, Encoded(value))?;
        }
        Ok(())
    }
}

/// A text as a segment of a path or a value of a query: all but the unreserved characters of RFC
/// 3986, section 2.3, as percent and two digits.
pub(crate) struct Encoded<'a>(pub(crate) &'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    write!(f, "{}", char::from(byte))
                }
                _ => write!(f, "%{byte:02X}"),
            }?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_a_port_and_perhaps_a_prefix() {
        let read = |text| Address::parse(text).map(|address| (address.tls, address.host, address.port, address.prefix));
        let texts = |tls, host: &str, port, prefix: &str| (tls, host.to_owned(), port, prefix.to_owned());
        assert_eq!(read("https://a.example").unwrap(), texts(true, "a.example", 443, ""));
        assert_eq!(read("http://127.0.0.1:8080/").unwrap(), texts(false, "127.0.0.1", 8080, ""));
        assert_eq!(read("https://[::1]:1/x/y/").unwrap(), texts(true, "::1", 1, "/x/y"));
        for bad in ["", "a.example", "ftp://a", "https://u:p@a", "https://a?x=1", "https://"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_people_type_cannot_end_a_segment_or_begin_another_parameter() {
        let query = Query::default().with("a", Some("x&b=1 ü")).with("b", None::<u8>).with("c", Some(1));
        assert_eq!(query.to_string(), "?a=x%26b%3D1%20%C3%BC&c=1");
        assert_eq!(Encoded("../a?").to_string(), "..%2Fa%3F");
    }
}
