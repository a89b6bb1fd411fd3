//! `agents`: which endpoints belong to whom; the administrator's table (seed 000, "esta relación se debe agregar en una
//! tabla").

use rusqlite::params;
use serde::{Deserialize, Serialize};
use timbre_domain::call::AccountName;
use timbre_domain::endpoint::EndpointNumber;

use super::unreadable;
use crate::{Store, StoreError};

/// An agent and the endpoints they answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub name: String,
    /// Their endpoints, each with the account it belongs to.
    pub endpoints: Vec<(AccountName, EndpointNumber)>,
}

impl Store {
    /// Adds an agent or replaces their endpoints.
    pub fn save_agent(&self, agent: &Agent) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("INSERT OR IGNORE INTO agents (name) VALUES (?1)", [&agent.name])?;
            tx.execute("DELETE FROM agent_endpoints WHERE agent = ?1", [&agent.name])?;
            for (account, endpoint) in &agent.endpoints {
                tx.execute(
                    "INSERT OR IGNORE INTO agent_endpoints (agent, account, endpoint) VALUES (?1, ?2, ?3)",
                    params![agent.name, account.as_str(), endpoint.as_str()],
                )?;
            }
            Ok(())
        })
    }

    /// All agents by name.
    pub fn agents(&self) -> Result<Vec<Agent>, StoreError> {
        self.read(|db| {
            let mut names = db.prepare_cached("SELECT name FROM agents ORDER BY name")?;
            let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            let mut select = db.prepare_cached(
                "SELECT account, endpoint FROM agent_endpoints WHERE agent = ?1 ORDER BY account, endpoint",
            )?;
            names
                .into_iter()
                .map(|name| {
                    let rows = select.query_map([&name], |row| {
                        let text = rusqlite::types::Type::Text;
                        let account: String = row.get(0)?;
                        let endpoint: String = row.get(1)?;
                        let endpoint =
                            EndpointNumber::new(&endpoint).ok_or_else(|| unreadable("an empty endpoint", text))?;
                        Ok((account.parse().map_err(|error| unreadable(error, text))?, endpoint))
                    })?;
                    let endpoints = rows.collect::<rusqlite::Result<_>>()?;
                    Ok(Agent { name, endpoints })
                })
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::store;
    use super::*;

    #[test]
    fn an_agents_endpoints_are_replaced_and_not_added_to() {
        let store = store();
        let endpoint = |n: &str| ("main".parse().unwrap(), EndpointNumber::new(n).unwrap());
        store
            .save_agent(&Agent { name: "Ana".into(), endpoints: vec![endpoint("8373456"), endpoint("8373457")] })
            .unwrap();
        let after = Agent { name: "Ana".into(), endpoints: vec![endpoint("8373458")] };
        store.save_agent(&after).unwrap();
        assert_eq!(store.agents().unwrap(), [after]);
    }
}
