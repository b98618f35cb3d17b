//! Turns as a tree: a question that is asked again, in the same words or in
//! others, makes another version of its turn, and nothing of the older ones is
//! lost. One way through the tree is chosen; the page shows it and the model
//! remembers it. This file knows places and no words.

use std::collections::BTreeSet;

use super::{conversation::StoredTurn, ids::TurnId};

/// Where a turn stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The turn.
    pub id: TurnId,
    /// Its place in the conversation, counted from 1.
    pub seq: i64,
    /// The place of the turn that it follows; 0 for one that begins.
    pub parent: i64,
}

/// The turns of a conversation, and the chosen way through them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// From the oldest to the newest.
    places: Vec<Place>,
    /// Where the chosen way ends.
    head: i64,
    /// Where another way ends, which is looked at without being chosen.
    looked_at: Option<i64>,
}

impl Tree {
    /// A tree of places, from the oldest to the newest.
    pub fn new(places: Vec<Place>, head: i64) -> Self {
        Self { places, head, looked_at: None }
    }

    /// The tree of a turn that nothing comes before and that nothing stands beside.
    pub fn of_one(turn: &TurnId) -> Self {
        Self::new(vec![Place { id: turn.clone(), seq: 1, parent: 0 }], 1)
    }

    /// The same tree, where the way through a turn is looked at, whichever is chosen.
    #[must_use]
    pub fn looking_at(self, turn: &TurnId) -> Self {
        let looked_at = if self.chosen().contains(&turn) { None } else { self.end_through(turn) };
        Self { looked_at, ..self }
    }

    /// Whether a turn is where the conversation goes on: the last on the chosen way.
    pub fn is_latest(&self, turn: &TurnId) -> bool {
        self.find(turn).is_some_and(|place| place.seq == self.head)
    }

    fn find(&self, turn: &TurnId) -> Option<&Place> {
        self.places.iter().find(|place| place.id == *turn)
    }

    /// The turns on the chosen way, from first to last.
    pub fn chosen(&self) -> Vec<&TurnId> {
        self.way_to(self.head)
    }

    /// The turns on the way that is looked at: the chosen one, unless it is another.
    pub fn shown(&self) -> Vec<&TurnId> {
        self.way_to(self.looked_at.unwrap_or(self.head))
    }

    fn way_to(&self, end: i64) -> Vec<&TurnId> {
        let way = way(end, |seq| self.places.iter().find(|place| place.seq == seq).map(|place| place.parent));
        self.places.iter().filter(|place| way.contains(&place.seq)).map(|place| &place.id).collect()
    }

    /// The versions of a turn, itself among them, from the oldest to the newest.
    pub fn versions(&self, turn: &TurnId) -> Vec<&TurnId> {
        let Some(this) = self.find(turn) else { return Vec::new() };
        self.places.iter().filter(|place| place.parent == this.parent).map(|place| &place.id).collect()
    }

    /// Where the way through a turn ends that goes on with the newest each time.
    pub fn end_through(&self, turn: &TurnId) -> Option<i64> {
        let mut end = self.find(turn)?.seq;
        while let Some(next) = self.places.iter().filter(|place| place.parent == end).map(|place| place.seq).max() {
            end = next;
        }
        Some(end)
    }

    /// The other versions of a turn, and all that follows them.
    pub fn beside(&self, turn: &TurnId) -> BTreeSet<&TurnId> {
        let Some(this) = self.find(turn) else { return BTreeSet::new() };
        let mut within = BTreeSet::new();
        for place in &self.places {
            let is_version = place.parent == this.parent && place.seq != this.seq;
            if is_version || within.contains(&place.parent) {
                within.insert(place.seq);
            }
        }
        self.places.iter().filter(|place| within.contains(&place.seq)).map(|place| &place.id).collect()
    }
}

/// The places on the way to one, itself among them. A place that follows a later
/// one is none of ours: the walk ends there.
fn way(to: i64, parent: impl Fn(i64) -> Option<i64>) -> BTreeSet<i64> {
    let mut way = BTreeSet::new();
    let mut at = Some(to);
    while let Some(seq) = at
        && let Some(before) = parent(seq)
    {
        way.insert(seq);
        at = Some(before).filter(|before| *before < seq);
    }
    way
}

/// Of all turns of a conversation those that come before a turn on its way.
pub fn before(turns: Vec<StoredTurn>, present: &StoredTurn) -> Vec<StoredTurn> {
    let way = way(present.parent, |seq| turns.iter().find(|turn| turn.seq == seq).map(|turn| turn.parent));
    turns.into_iter().filter(|turn| way.contains(&turn.seq)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(seq: i64) -> TurnId {
        TurnId::parse(&format!("{seq:032x}")).expect("an id")
    }

    fn tree(parents: &[i64], head: i64) -> Tree {
        let places = (1..).zip(parents).map(|(seq, parent)| Place { id: id(seq), seq, parent: *parent });
        Tree::new(places.collect(), head)
    }

    fn ids(seqs: &[i64]) -> Vec<TurnId> {
        seqs.iter().map(|seq| id(*seq)).collect()
    }

    #[test]
    fn a_question_asked_again_is_another_version_and_what_followed_stays_beside_it() {
        // 1 - 2 - 3, and 4 in the place of 2.
        let tree = tree(&[0, 1, 2, 1], 4);
        assert_eq!(tree.chosen(), ids(&[1, 4]).iter().collect::<Vec<_>>());
        assert_eq!(tree.versions(&id(4)), ids(&[2, 4]).iter().collect::<Vec<_>>());
        assert_eq!(tree.beside(&id(4)), ids(&[2, 3]).iter().collect());
        assert_eq!(tree.beside(&id(1)), BTreeSet::new());
        assert_eq!(tree.end_through(&id(2)), Some(3), "with all that followed it");
        assert_eq!(tree.end_through(&id(9)), None);
    }

    #[test]
    fn another_way_is_looked_at_without_being_chosen() {
        let tree = tree(&[0, 1, 2, 1], 4).looking_at(&id(2));
        assert_eq!(tree.shown(), ids(&[1, 2, 3]).iter().collect::<Vec<_>>());
        assert_eq!(tree.chosen(), ids(&[1, 4]).iter().collect::<Vec<_>>());
        assert!(tree.is_latest(&id(4)) && !tree.is_latest(&id(3)), "the conversation goes on where it did");
        assert_eq!(tree.looking_at(&id(9)).shown(), ids(&[1, 4]).iter().collect::<Vec<_>>(), "there is no such turn");
    }

    #[test]
    fn the_first_question_has_versions_too() {
        let tree = tree(&[0, 0, 2], 3);
        assert_eq!(tree.chosen(), ids(&[2, 3]).iter().collect::<Vec<_>>());
        assert_eq!(tree.beside(&id(2)), ids(&[1]).iter().collect());
    }

    proptest! {
        #[test]
        fn no_turn_is_ever_out_of_reach(choices in prop::collection::vec(any::<prop::sample::Index>(), 1..30)) {
            // Each new turn follows any that was there, or begins.
            let parents: Vec<i64> = (0..).zip(&choices).map(|(at, pick): (usize, _)| i64::try_from(pick.index(at + 1)).expect("small")).collect();
            for seq in 1..=i64::try_from(parents.len()).expect("small") {
                let plain = tree(&parents, 0);
                let end = plain.end_through(&id(seq)).expect("it is there");
                let chosen = tree(&parents, end);
                prop_assert!(chosen.chosen().contains(&&id(seq)), "choosing a turn shows it");
                // What the way does not show is beside a turn that it shows.
                let shown: BTreeSet<&TurnId> = chosen.chosen().into_iter().collect();
                let beside: BTreeSet<&TurnId> = shown.iter().flat_map(|turn| chosen.beside(turn)).collect();
                prop_assert_eq!(shown.len() + beside.len(), parents.len());
                prop_assert!(shown.is_disjoint(&beside));
            }
        }
    }
}
