//! The toolbox: what a tool is, and the ordered set of them.
//!
//! A tool is typed from end to end: what the model may say ([`Tool::Args`]),
//! what would really happen ([`Tool::Plan`]), the key it takes to do it
//! ([`Tool::Needs`]). The erasure below lets the driver hold them in one list;
//! tools never see it.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    gate::{Cleared, Risk},
    model::ToolSchema,
    schema,
};
use crate::{
    clock::{Clock, Ids},
    school::{Chart, School, StudentId, Teacher},
    vault::{Authority, Grant, Need, Permission, Scope},
};

/// What is printed on a tool.
#[derive(Debug, Clone, Copy)]
pub struct Card {
    /// Snake case; the name by which the model calls it.
    pub name: &'static str,
    /// The three verbs in which the page tells what it does.
    pub verbs: Verbs,
    /// What it can do to the world.
    pub risk: Risk,
}

/// What the page says before, while and after a tool runs.
#[derive(Debug, Clone, Copy)]
pub struct Verbs {
    /// "write a mail to a student"
    pub ask: &'static str,
    /// "Writing a mail"
    pub doing: &'static str,
    /// "Wrote a mail"
    pub done: &'static str,
}

/// Where a tool stands while it works: who asks, of which school, and when.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Who asks.
    pub teacher: &'a Teacher,
    /// Of which school.
    pub school: &'a School,
    /// The moment it is.
    pub clock: &'a dyn Clock,
    /// For what needs a name that nobody can guess.
    pub ids: &'a dyn Ids,
}

impl Scene<'_> {
    /// The school's date.
    pub fn today(&self) -> Date {
        self.clock.wall().date()
    }

    /// The moment it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// What a person sees before saying yes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What it is: "Draft".
    pub heading: String,
    /// What cannot be changed, such as the recipient.
    pub rows: Vec<Row>,
    /// What can.
    pub fields: Vec<Field>,
    /// What the button says: "Send from mary@school.example".
    pub action: String,
    /// The small print beside the button.
    pub note: String,
    /// How the page tells what came of it; those of a mail where nothing is said.
    #[serde(default, skip_serializing_if = "Outcomes::are_of_a_mail")]
    pub outcomes: Outcomes,
}

/// The words for what came of a yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// What it is when it happened: "sent".
    pub done: String,
    /// Where the teacher looks when nobody knows: "Look in your sent mail."
    pub look: String,
}

impl Default for Outcomes {
    fn default() -> Self {
        Self { done: "sent".to_owned(), look: "Look in your sent mail.".to_owned() }
    }
}

impl Outcomes {
    fn are_of_a_mail(&self) -> bool {
        *self == Self::default()
    }
}

/// One line of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// "To"
    pub label: String,
    /// "Mateo Nguyen · mateo.nguyen@example.com"
    pub value: String,
}

/// One line of a preview that the teacher can change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The form's name for it.
    pub name: String,
    /// "Subject"
    pub label: String,
    /// As it stands.
    pub value: String,
    /// Whether it is a text of several lines.
    pub multiline: bool,
}

impl Preview {
    /// Whether all that the teacher cannot edit is the same: to whom, from whom.
    pub fn shows_the_same_as(&self, other: &Self) -> bool {
        let fixed = |preview: &Self| (preview.heading.clone(), preview.action.clone(), preview.note.clone());
        self.rows == other.rows && fixed(self) == fixed(other)
    }

    /// The value of a field; empty if there is none by that name.
    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|field| field.name == name).map_or("", |field| &field.value)
    }
}

/// What the teacher typed into the fields of a preview.
pub type Edits = BTreeMap<String, String>;

/// Why a tool did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// For the model, and surely nothing happened: written by hand, never the
    /// words of something foreign.
    #[error("{0}")]
    Tell(String),
    /// The service did not take the key.
    #[error("the key was refused")]
    KeyRefused(KeyFault),
    /// Surely nothing happened, because nobody answered; trying again is safe.
    #[error("no connection came about: {0}")]
    Unreachable(String),
    /// Nobody knows whether it happened. Never retried by the machine.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// For the operator.
    #[error(transparent)]
    Broken(#[from] anyhow::Error),
}

/// What is wrong with a key that a service refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// It is not taken (401): a fresh one may be.
    NotTaken,
    /// It does not open this door (403).
    TooNarrow,
}

impl ToolError {
    /// An error for the model.
    pub fn tell(words: impl Into<String>) -> Self {
        Self::Tell(words.into())
    }
}

/// One thing that the assistant can do.
#[async_trait]
pub trait Tool: Send + Sync + 'static {
    /// What is printed on it.
    const CARD: Card;
    /// What the model may say; the doc comment on the type is the description.
    type Args: DeserializeOwned + JsonSchema + Send;
    /// What would really happen.
    type Plan: Serialize + DeserializeOwned + Send + Sync;
    /// The key that it takes.
    type Needs: Authority;
    /// What the model is told afterwards.
    type Output: Serialize + Send;

    /// Looks everything up in the teacher's own school and says what would
    /// happen, before anyone is disturbed.
    fn prepare(&self, scene: &Scene<'_>, args: Self::Args) -> Result<Self::Plan, ToolError>;

    /// What a person sees before saying yes. A tool that only looks shows
    /// nothing: nobody is asked before a look. One that shows nothing is never
    /// laid before a person.
    fn preview(&self, _plan: &Self::Plan) -> Preview {
        Preview::default()
    }

    /// Which students it reaches. One that is not among them is another student,
    /// and a text that names one is looked at twice. What was sent is told on
    /// the page of each.
    fn recipients(&self, _plan: &Self::Plan) -> Vec<StudentId> {
        Vec::new()
    }

    /// The plan with the teacher's corrections, looked up afresh: called at the
    /// click with or without edits, so that what changed since is found.
    fn revise(&self, _scene: &Scene<'_>, plan: Self::Plan, edits: &Edits) -> Result<Self::Plan, ToolError> {
        if edits.is_empty() { Ok(plan) } else { Err(ToolError::tell("There is nothing to correct here.")) }
    }

    /// Does it.
    async fn run(
        &self,
        scene: &Scene<'_>,
        plan: Cleared<Self::Plan>,
        key: Self::Needs,
    ) -> Result<Self::Output, ToolError>;

    /// What was done, in a few words with the numbers in it.
    fn did(&self, output: &Self::Output) -> String;

    /// What the page shows of it besides these words, if anything.
    fn shows(&self, _output: &Self::Output) -> Option<Exhibit> {
        None
    }
}

/// What a call shows on the teacher's page, as a value: the page draws it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "exhibit", rename_all = "snake_case")]
pub enum Exhibit {
    /// A chart, with its numbers.
    Chart(Chart),
}

/// What a run left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// For the model: JSON.
    pub said: Value,
    /// For the teacher: "Looked at 4 classes".
    pub did: String,
    /// For the page.
    pub shown: Option<Exhibit>,
}

/// A tool without its types, for the driver's list.
#[async_trait]
pub trait AnyTool: Send + Sync + 'static {
    /// What is printed on it.
    fn card(&self) -> &'static Card;
    /// What the vault must be asked for.
    fn need(&self) -> Option<Need>;
    /// The same in plain words.
    fn permissions(&self) -> &'static [Permission];
    /// As the model reads it.
    fn schema(&self) -> ToolSchema;
    /// Makes a plan from what the model said.
    fn prepare(&self, scene: &Scene<'_>, arguments: &str) -> Result<Value, ToolError>;
    /// What a person sees before saying yes.
    fn preview(&self, plan: &Value) -> Result<Preview, ToolError>;
    /// Which students it reaches.
    fn recipients(&self, plan: &Value) -> Result<Vec<StudentId>, ToolError>;
    /// The plan with the teacher's corrections, looked up afresh.
    fn revise(&self, scene: &Scene<'_>, plan: &Value, edits: &Edits) -> Result<Value, ToolError>;
    /// Does it.
    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Value>, grant: Option<Grant>) -> Result<Ran, ToolError>;
}

#[async_trait]
impl<T: Tool> AnyTool for T {
    fn card(&self) -> &'static Card {
        &T::CARD
    }

    fn need(&self) -> Option<Need> {
        T::Needs::need()
    }

    fn permissions(&self) -> &'static [Permission] {
        T::Needs::PERMISSIONS
    }

    fn schema(&self) -> ToolSchema {
        schema::of::<T::Args>(T::CARD.name)
    }

    fn prepare(&self, scene: &Scene<'_>, arguments: &str) -> Result<Value, ToolError> {
        let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
        let args = serde_json::from_str(arguments).map_err(|fault| bad_arguments(T::CARD.name, &fault))?;
        let plan = Tool::prepare(self, scene, args)?;
        Ok(serde_json::to_value(plan).map_err(anyhow::Error::from)?)
    }

    fn preview(&self, plan: &Value) -> Result<Preview, ToolError> {
        Ok(Tool::preview(self, &stored_plan(plan)?))
    }

    fn recipients(&self, plan: &Value) -> Result<Vec<StudentId>, ToolError> {
        Ok(Tool::recipients(self, &stored_plan(plan)?))
    }

    fn revise(&self, scene: &Scene<'_>, plan: &Value, edits: &Edits) -> Result<Value, ToolError> {
        let plan = Tool::revise(self, scene, stored_plan(plan)?, edits)?;
        Ok(serde_json::to_value(plan).map_err(anyhow::Error::from)?)
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Value>, grant: Option<Grant>) -> Result<Ran, ToolError> {
        let plan = plan.typed().map_err(anyhow::Error::from)?;
        let key = T::Needs::from_grant(grant).ok_or(ToolError::KeyRefused(KeyFault::TooNarrow))?;
        let output = Tool::run(self, scene, plan, key).await?;
        let (did, shown) = (self.did(&output), self.shows(&output));
        Ok(Ran { said: serde_json::to_value(output).map_err(anyhow::Error::from)?, did, shown })
    }
}

fn stored_plan<P: DeserializeOwned>(plan: &Value) -> Result<P, ToolError> {
    Ok(P::deserialize(plan).map_err(|fault| anyhow::Error::from(fault).context("a stored plan is unreadable"))?)
}

/// serde's message names the field and what was expected, and quotes nothing
/// but the model's own argument.
fn bad_arguments(tool: &str, fault: &serde_json::Error) -> ToolError {
    let fault: String = fault.to_string().chars().take(300).collect();
    ToolError::Tell(format!(
        "The arguments of {tool} are not as its schema says: {fault}. Correct them and call again."
    ))
}

/// The tools, ordered by name.
#[derive(Clone)]
pub struct Toolbox {
    tools: Arc<BTreeMap<&'static str, Arc<dyn AnyTool>>>,
    schemas: Arc<[ToolSchema]>,
    schema_tokens: usize,
}

/// How many tokens the model reads of a tool, roughly.
fn schema_tokens(tool: &ToolSchema) -> usize {
    (tool.description.len() + tool.parameters.to_string().len()) / 4
}

impl Toolbox {
    /// A toolbox with these tools in it.
    pub fn new(tools: impl IntoIterator<Item = Arc<dyn AnyTool>>) -> Self {
        let tools: BTreeMap<_, _> = tools.into_iter().map(|tool| (tool.card().name, tool)).collect();
        let schemas: Arc<[ToolSchema]> = tools.values().map(|tool| tool.schema()).collect();
        let schema_tokens = schemas.iter().map(schema_tokens).sum();
        Self { tools: Arc::new(tools), schemas, schema_tokens }
    }

    /// The tool by this name.
    pub fn find(&self, name: &str) -> Option<&Arc<dyn AnyTool>> {
        self.tools.get(name)
    }

    /// All tools, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn AnyTool>> {
        self.tools.values()
    }

    /// What a scope means in plain words, if one of the tools asks for it.
    pub fn permission(&self, scope: &Scope) -> Option<&'static Permission> {
        let all = self.iter().flat_map(|tool| tool.permissions());
        all.into_iter().find(|permission| Scope::named(permission.scope).is_same_as(scope))
    }

    /// All tools as the model reads them.
    pub fn schemas(&self) -> Arc<[ToolSchema]> {
        Arc::clone(&self.schemas)
    }

    /// How many tokens it reads of that, roughly.
    pub fn schema_tokens(&self) -> usize {
        self.schema_tokens
    }

    /// What the model is told when it calls a tool that is not there.
    pub fn unknown(&self, name: &str) -> String {
        let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
        let names: Vec<_> = self.tools.keys().copied().collect();
        format!("There is no tool {name:?}. The tools are: {}.", names.join(", "))
    }
}
