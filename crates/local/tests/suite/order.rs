use std::sync::{Arc, Mutex};

use duly_local::{Priority, Shutdown, Task};

use crate::support::{World, both};

both! {
    async fn the_most_urgent_runs_first_and_equals_in_their_order(world: World) {
        let scheduler = world.builder(1).build();
        let order = Arc::new(Mutex::new(Vec::new()));
        let priorities = [Priority::Low, Priority::Normal, Priority::Critical, Priority::High];
        for round in 0..3 {
            for priority in priorities {
                let order = order.clone();
                let task = Task::new("note", async move {
                    order.lock().unwrap().push((priority, round));
                });
                scheduler.submit(task.priority(priority)).await.unwrap();
            }
        }
        scheduler.start();
        scheduler.wait_idle().await;
        let ran = order.lock().unwrap().clone();
        let mut sorted = ran.clone();
        sorted.sort_unstable();
        assert_eq!(ran, sorted);
        assert_eq!(ran.len(), 12);
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
