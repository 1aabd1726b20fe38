//! Certificates for tests, other ones each time, from authorities that nobody else knows.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType, SignatureAlgorithm, date_time_ymd,
};

/// Somebody who issues certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate.
    pub pem: String,
    /// Its own key.
    pub key: String,
}

/// A certificate and its key, both in PEM form.
pub struct Issued {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        Self::with(name, |_| {})
    }

    /// One whose certificate is changed like that.
    pub fn with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        change(&mut params);
        let pair = KeyPair::generate().unwrap();
        let (pem, key) = (params.self_signed(&pair).unwrap().pem(), pair.serialize_pem());
        Self { issuer: Issuer::new(params, pair), pem, key }
    }

    /// A certificate for a server of that name.
    pub fn server(&self, name: &str) -> Issued {
        self.issues(&[name], |_| {})
    }

    /// A certificate for a client.
    pub fn client(&self, name: &str) -> Issued {
        self.issues(&[name], |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        })
    }

    /// A certificate for a client with a key of that kind.
    pub fn client_with(&self, kind: &'static SignatureAlgorithm) -> Issued {
        self.issues_for(&["nsps"], for_clients, KeyPair::generate_for(kind).unwrap())
    }

    /// A certificate for these names, changed like that.
    pub fn issues(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Issued {
        self.issues_for(names, change, KeyPair::generate().unwrap())
    }

    fn issues_for(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
        pair: KeyPair,
    ) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let certificate = params.signed_by(&pair, &self.issuer).unwrap().pem();
        Issued { certificate, key: pair.serialize_pem() }
    }
}

/// Makes a certificate one that was valid in the year 2020 alone.
pub fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

/// Makes a certificate one that is valid from the year 2500 on.
pub fn of_the_future(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2500, 1, 1);
    params.not_after = date_time_ymd(2501, 1, 1);
}

/// Adds a name to those of a certificate.
pub fn named(name: &str) -> impl FnOnce(&mut CertificateParams) {
    let name = SanType::DnsName(name.try_into().unwrap());
    move |params| params.subject_alt_names.push(name)
}

/// Makes a certificate one for clients.
pub fn for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}
