"""An engine that chains AI microservices: pipelines as JSON graphs, run as durable tasks."""
