//! One event of the audit, for a reader and for a file.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::{super::chat, words};
use crate::{
    assistant::toolbox::{AnyTool, Toolbox},
    audit::{Filter, Kind, Record},
    clock::Clock,
    identity::Caller,
    vault::{Connection, Scope},
    web::{
        connections::in_plain_words,
        pages::{Event, Named},
        present::clock_time,
        state::State,
    },
};

/// Up to so many students are named one by one.
const FEW: usize = 3;

/// The headings of a file.
pub(super) const HEAD: [&str; 11] = [
    "Time",
    "Event",
    "What for",
    "Whose data",
    "Ids",
    "Account",
    "Permission",
    "Scopes",
    "Approved by",
    "Outcome",
    "Reference",
];

/// A class and who sits in it.
struct Class {
    title: String,
    roster: BTreeSet<String>,
}

/// Knows what is needed to tell a teacher's records.
pub(super) struct Teller<'a> {
    toolbox: &'a Toolbox,
    clock: &'a dyn Clock,
    caller: &'a Caller,
    /// By family name.
    students: Vec<(String, String)>,
    names: HashMap<String, usize>,
    classes: BTreeMap<String, Class>,
    /// Those that were not deleted.
    conversations: HashSet<String>,
    /// The yeses by draft, newest first.
    yeses: HashMap<String, Vec<Record>>,
}

impl<'a> Teller<'a> {
    pub async fn of(state: &'a State, caller: &'a Caller, records: &[Record]) -> anyhow::Result<Self> {
        let (teacher, today) = (&caller.teacher, state.clock.wall().date());
        let students: Vec<(String, String)> = state
            .school
            .students(teacher, today)
            .iter()
            .map(|student| (student.id.to_string(), student.name.clone()))
            .collect();
        let names = students.iter().enumerate().map(|(at, (id, _))| (id.clone(), at)).collect();
        let classes = state.school.classes(teacher, today).into_iter().map(|class| {
            let roster = class.roster.iter().map(|row| row.student.to_string()).collect();
            (class.id.to_string(), Class { title: class.title, roster })
        });
        let kept = state.conversations.list(&teacher.id, i64::MAX).await?;
        Ok(Self {
            toolbox: &state.assistant.parts().toolbox,
            clock: &*state.clock,
            caller,
            students,
            names,
            classes: classes.collect(),
            conversations: kept.into_iter().map(|conversation| conversation.id.to_string()).collect(),
            yeses: yeses(state, caller, records).await?,
        })
    }

    /// The teacher's students: id and name, by family name.
    pub fn students(&self) -> impl Iterator<Item = (&str, &str)> {
        self.students.iter().map(|(id, name)| (id.as_str(), name.as_str()))
    }

    pub fn line(&self, record: &Record) -> Event {
        let entry = &record.entry;
        let (outcome, end) = words::outcome(entry.kind, &entry.outcome);
        let (whose, more) = self.whose(record);
        Event {
            key: reference(record),
            at: record.at.to_string(),
            when: record.at.to_zoned(self.clock.zone()).strftime("%H:%M").to_string(),
            what: self.what(record),
            purpose: self.purpose(record),
            whose,
            more,
            permissions: self.permissions(record),
            approved: self.approved(record),
            outcome,
            tone: end.tone(),
            href: self.place(record),
        }
    }

    /// The same as a row of a file.
    pub fn row(&self, record: &Record) -> [String; 11] {
        let entry = &record.entry;
        let (whose, more) = self.whose(record);
        let names: Vec<String> = whose.into_iter().chain(more).map(|named| named.text).collect();
        let at = record.at.to_zoned(self.clock.zone());
        let account = entry.connection.as_deref().and_then(Connection::parse);
        [
            at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
            self.what(record),
            self.purpose(record).unwrap_or_default(),
            names.join(", "),
            entry.students.join(" "),
            account.map(|account| account.name().to_owned()).unwrap_or_default(),
            self.permissions(record).join(" "),
            self.scopes(record).join(" "),
            self.approved(record).map(|_| self.caller.teacher.name.clone()).unwrap_or_default(),
            words::outcome(entry.kind, &entry.outcome).0,
            record.hash.clone(),
        ]
    }

    fn tool(&self, record: &Record) -> Option<&dyn AnyTool> {
        let name = record.entry.tool.as_deref()?;
        self.toolbox.find(name).map(|tool| &**tool)
    }

    fn what(&self, record: &Record) -> String {
        let card = self.tool(record).map(AnyTool::card);
        let what = words::event(record.entry.kind, &record.entry.outcome, card);
        if record.entry.detail["by"] == "script" { format!("{what}, for a script of yours") } else { what }
    }

    /// What a draft was for; what a look was for is told by its event.
    fn purpose(&self, record: &Record) -> Option<String> {
        let told = [Kind::ToolCall, Kind::Drafted].contains(&record.entry.kind);
        let ask = self.tool(record).filter(|_| !told).map(|tool| tool.card().verbs.ask)?;
        Some(format!("To {ask}"))
    }

    /// Whose data: few students by name, many by their classes; the rest behind a click.
    fn whose(&self, record: &Record) -> (Vec<Named>, Vec<Named>) {
        let students = &record.entry.students;
        let classes = self.classes_of(record);
        if students.len() <= FEW {
            let named: Vec<Named> = students.iter().map(|id| self.student(id)).collect();
            let instead = classes.into_iter().filter(|_| named.is_empty()).map(|(id, class)| named_class(id, class));
            return (instead.chain(named.iter().cloned()).collect(), Vec::new());
        }
        let whole = |class: &Class| class.roster.iter().all(|id| students.contains(id));
        let (mut shown, mut covered) = (Vec::new(), BTreeSet::new());
        for (id, class) in classes.into_iter().filter(|(_, class)| !class.roster.is_empty() && whole(class)) {
            shown.push(named_class(id, class));
            covered.extend(&class.roster);
        }
        let rest: Vec<Named> = students.iter().filter(|id| !covered.contains(id)).map(|id| self.student(id)).collect();
        let few = if shown.is_empty() { FEW } else { 0 };
        let at = if rest.len() <= few + 1 { rest.len() } else { few };
        let (first, more) = rest.split_at(at);
        shown.extend_from_slice(first);
        (shown, more.to_vec())
    }

    fn classes_of(&self, record: &Record) -> Vec<(&str, &Class)> {
        let noted = record.entry.detail["classes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let own = noted.filter_map(|id| self.classes.get_key_value(id));
        own.map(|(id, class)| (id.as_str(), class)).collect()
    }

    fn student(&self, id: &str) -> Named {
        match self.names.get(id).and_then(|at| self.students.get(*at)) {
            Some((id, name)) => Named { text: name.clone(), href: Some(format!("/students/{id}")) },
            None => Named { text: format!("{id} (not in your classes now)"), href: None },
        }
    }

    /// With which permissions; a row about a draft has them by its tool.
    fn scopes(&self, record: &Record) -> Vec<String> {
        let used = matches!(record.entry.kind, Kind::Claimed | Kind::Sent | Kind::Failed | Kind::Unknown);
        if !used || !record.entry.scopes.is_empty() {
            return record.entry.scopes.clone();
        }
        let permissions = self.tool(record).map(AnyTool::permissions).unwrap_or_default();
        permissions.iter().map(|permission| permission.scope.to_owned()).collect()
    }

    fn permissions(&self, record: &Record) -> Vec<String> {
        let scopes = self.scopes(record).into_iter().map(Scope::new);
        scopes.filter_map(|scope| in_plain_words(self.toolbox, &scope)).collect()
    }

    /// By whom, from the row of the yes that stands before this one.
    fn approved(&self, record: &Record) -> Option<String> {
        let draft = record.entry.approval.as_ref()?;
        let follows = matches!(
            record.entry.kind,
            Kind::Approved | Kind::HandedBack | Kind::Claimed | Kind::Sent | Kind::Failed | Kind::Unknown
        );
        let yes = self.yeses.get(draft)?.iter().find(|yes| follows && yes.seq <= record.seq)?;
        let own = yes.entry.teacher.as_ref() == Some(&self.caller.teacher.id);
        own.then(|| format!("You, {}", clock_time(self.clock, yes.at)))
    }

    /// Where it happened, if that is still there.
    fn place(&self, record: &Record) -> Option<String> {
        let conversation = record.entry.conversation.as_ref().filter(|id| self.conversations.contains(*id))?;
        let turn = record.entry.turn.as_ref();
        Some(turn.map_or_else(|| format!("/chat/{conversation}"), |turn| chat::address(conversation, turn)))
    }
}

/// So much of a row's hash names it.
fn reference(record: &Record) -> String {
    record.hash.chars().take(8).collect()
}

fn named_class(id: &str, class: &Class) -> Named {
    Named { text: class.title.clone(), href: Some(format!("/classes/{id}")) }
}

/// The yeses to the drafts that these records are about.
async fn yeses(state: &State, caller: &Caller, records: &[Record]) -> anyhow::Result<HashMap<String, Vec<Record>>> {
    let drafts: BTreeSet<String> = records.iter().filter_map(|record| record.entry.approval.clone()).collect();
    let drafts: Vec<String> = drafts.into_iter().collect();
    let mut yeses: HashMap<String, Vec<Record>> = HashMap::new();
    for approvals in drafts.chunks(500) {
        let filter = Filter { kinds: vec![Kind::Approved], approvals: approvals.to_vec(), ..Filter::default() };
        for yes in state.activity.activity(&caller.teacher.id, &filter, u32::MAX).await? {
            let Some(draft) = yes.entry.approval.clone() else { continue };
            yeses.entry(draft).or_default().push(yes);
        }
    }
    Ok(yeses)
}
