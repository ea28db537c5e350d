//! An order, from its placing to its certificate (RFC 8555, section 7.4): the authority comes to
//! look for each name (RFC 8737), and signs the key when it has found this server everywhere.

use super::proof::{DIGEST_BYTES, proof};
use super::refusal::{Refusal, told};
use super::settings::{Directory, Name};
use crate::server::Tls;
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use std::time::Duration;
use tokio::time::timeout;

/// A new key and the certificate that was made for it, with those that lead to its issuer, in PEM.
pub async fn certificate(
    account: &Account,
    names: &[Name],
    directory: &Directory,
    tls: &Tls,
) -> Result<String, Refusal> {
    let ordered = timeout(TIMEOUT, ordered(account, names, tls)).await;
    tls.end_proofs();
    match ordered {
        Ok(Ok(pem)) => Ok(pem),
        Ok(Err(NotHad::Error(error))) => Err(Refusal::of(error, directory)),
        Ok(Err(NotHad::Refusal(refusal))) => Err(refusal),
        Err(_) => Err(Refusal::TooLong),
    }
}

/// What the library says, or what is said here.
enum NotHad {
    Error(Error),
    Refusal(Refusal),
}

impl From<Error> for NotHad {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Refusal> for NotHad {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

async fn ordered(account: &Account, names: &[Name], tls: &Tls) -> Result<String, NotHad> {
    let identifiers: Vec<_> =
        names.iter().map(|it| Identifier::Dns(it.as_str().to_owned())).collect();
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
    show_proofs(&mut order, tls).await?;
    let is_ready = order.poll_ready(&POLLING).await.map(|it| it == OrderStatus::Ready);
    if !matches!(is_ready, Ok(true)) {
        // Of an order it is known that it failed, of its names why.
        find_unproven(&mut order).await?;
        is_ready?;
        return Err(Refusal::Refused("the order is not good any more".to_owned()).into());
    }
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&POLLING).await?;
    Ok(key + &chain)
}

/// Has a proof for each name that the authority does not know of by now, and tells it to look.
async fn show_proofs(order: &mut Order, tls: &Tls) -> Result<(), NotHad> {
    let mut authorizations = order.authorizations();
    while let Some(found) = authorizations.next().await {
        let mut authorization = found?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let name = authorization.identifier().to_string();
        let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
            return Err(Refusal::NoWay(name).into());
        };
        let authorized = challenge.key_authorization();
        let digest = authorized.digest();
        let digest: &[u8; DIGEST_BYTES] =
            digest.as_ref().try_into().expect("SHA-256 is as long as it is");
        let (certificate, key) = proof(&name, digest).map_err(|it| Refusal::Unfit(it.into()))?;
        tls.prove(&name, certificate, key).map_err(Refusal::from)?;
        challenge.set_ready().await?;
    }
    Ok(())
}

/// Fails with the name that the authority has not found this server at.
async fn find_unproven(order: &mut Order) -> Result<(), NotHad> {
    let mut authorizations = order.authorizations();
    while let Some(found) = authorizations.next().await {
        let mut authorization = found?;
        let state = authorization.refresh().await?;
        let problem = state.challenges.iter().find_map(|it| it.error.as_ref());
        if let Some(problem) = problem {
            let (name, why) = (state.identifier().to_string(), told(problem));
            return Err(Refusal::Unproven { name, why }.into());
        }
    }
    Ok(())
}

/// From the order to the certificate, of all names.
const TIMEOUT: Duration = Duration::from_mins(5);
/// Whether it has looked is asked after half a second, one, two and so on, unless it says when.
const POLLING: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).timeout(Duration::from_mins(2));
