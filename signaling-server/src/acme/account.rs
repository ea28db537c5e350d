//! The account that certificates are asked for with: made at the first need, then the same for
//! ever, as authorities count new ones.

use super::https::Https;
use super::refusal::Refusal;
use super::settings::{Contact, Settings};
use super::store::Store;
use instant_acme::{Account, AccountCredentials, NewAccount};
use serde::{Deserialize, Serialize};

/// An account as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Where the authority was told to write to, as a URL.
    contact: Option<String>,
    /// The account's key, and its name there.
    credentials: AccountCredentials,
}

/// The account that is kept, or one made now. Whoever asks for one agrees to the authority's terms.
pub async fn account(
    settings: &Settings,
    store: &Store,
    https: &Https,
) -> Result<Account, Refusal> {
    let refusal = |error| Refusal::of(error, &settings.directory);
    let contact = settings.contact.as_ref().map(Contact::url);
    let contacts: Vec<_> = contact.as_deref().into_iter().collect();
    let builder = Account::builder_with_http(Box::new(https.clone()));
    let Some(kept) = store.account()? else {
        let new = NewAccount {
            contact: &contacts,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let directory = settings.directory.as_str().to_owned();
        let made = builder.create(&new, directory, None).await;
        let (account, credentials) = made.map_err(refusal)?;
        store.keep_account(&Kept { contact, credentials })?;
        return Ok(account);
    };
    let account = builder.from_credentials(kept.credentials).await.map_err(refusal)?;
    if kept.contact != contact {
        account.update_contacts(&contacts).await.map_err(refusal)?;
        if let Some(kept) = store.account()? {
            store.keep_account(&Kept { contact, ..kept })?;
        }
    }
    Ok(account)
}
