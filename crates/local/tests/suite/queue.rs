use duly_local::{Priority, PriorityQueue};

#[test]
fn the_most_urgent_comes_first_and_equals_in_their_order() {
    let mut queue = PriorityQueue::new();
    assert!(queue.is_empty() && queue.peek().is_none());
    let priorities = [
        Priority::Low,
        Priority::Critical,
        Priority::Normal,
        Priority::High,
    ];
    for round in 0..3 {
        for priority in priorities {
            queue.push((priority, round), priority);
        }
    }
    assert_eq!(queue.len(), 12);
    assert_eq!(queue.peek(), Some(&(Priority::Critical, 0)));
    let popped: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    let mut sorted = popped.clone();
    sorted.sort_unstable();
    assert_eq!(popped, sorted);
    assert_eq!(popped.len(), 12);
    assert!(queue.is_empty() && queue.pop().is_none());
}
