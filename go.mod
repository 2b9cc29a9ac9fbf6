module github.com/ringrift/orchestrator

go 1.26.0

require (
	github.com/caarlos0/env/v10 v10.0.0 // the environment into one struct, in main only
	github.com/gofrs/flock v0.13.2 // one worker, one bus server, one outbox a folder
	github.com/google/uuid v1.6.0 // ids of jobs, in order of time
	github.com/hashicorp/memberlist v0.7.0 // which nodes live: gossip
	github.com/jackc/pgx/v5 v5.12.0 // the ledger in PostgreSQL
	github.com/nats-io/nats-server/v2 v2.15.2 // the event bus that EVENT_ROUTER embeds
	github.com/nats-io/nats.go v1.55.0 // the event bus client: log, consumers, key-value
	github.com/pressly/goose/v3 v3.29.0 // the ledger's migrations
	github.com/prometheus/client_golang v1.25.0 // /metrics
	github.com/prometheus/client_model v0.6.3 // /metrics, read back in tests
	github.com/prometheus/common v0.72.0 // /metrics, parsed in tests
	github.com/robfig/cron/v3 v3.0.1 // schedules of command daemons: lines of cron, as everybody writes them
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // the schema of daemons.yaml, held against the reader in tests
	github.com/shirou/gopsutil/v4 v4.26.10 // a node's capacity: processors, memory, disks
	github.com/spf13/cobra v1.10.2 // the starter, as in the temporal CLI
	github.com/spf13/pflag v1.0.9 // flags of cobra commands by name
	github.com/stretchr/testify v1.12.1 // tests
	go.temporal.io/api v1.64.1 // the server's types: failures, pending activities, heartbeats
	go.temporal.io/sdk v1.50.0 // workflows, activities, workers
	go.temporal.io/sdk/contrib/envconfig v1.0.2 // the Temporal connection, as in the temporal CLI
	go.yaml.in/yaml/v3 v3.0.5 // the file of thresholds, with line numbers; deploy files in tests
	golang.org/x/net v0.61.0 // limits the connections of the HTTP server
	golang.org/x/sync v0.24.0 // bounded parallel calls
	golang.org/x/sys v0.49.0 // processes, file locks, disks
	golang.org/x/time v0.16.0 // paces reports and restarts
	google.golang.org/grpc v1.84.0 // how connections to Temporal are retried
	google.golang.org/protobuf v1.36.12 // durations in the server's requests, in tests
	modernc.org/sqlite v1.62.0 // games, the ledger on one machine; needs no C compiler
)

require (
	github.com/BurntSushi/toml v1.4.0 // indirect
	github.com/antithesishq/antithesis-sdk-go v0.8.0-default-no-op // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/ebitengine/purego v0.11.2 // indirect
	github.com/facebookgo/clock v0.0.0-20150410010913-600d898af40a // indirect
	github.com/go-ole/go-ole v1.2.6 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/golang/mock v1.6.0 // indirect
	github.com/google/btree v1.1.3 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/grpc-ecosystem/go-grpc-middleware/v2 v2.3.2 // indirect
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.22.0 // indirect
	github.com/hashicorp/errwrap v1.1.0 // indirect
	github.com/hashicorp/go-immutable-radix v1.3.1 // indirect
	github.com/hashicorp/go-metrics v0.7.0 // indirect
	github.com/hashicorp/go-msgpack/v2 v2.1.5 // indirect
	github.com/hashicorp/go-multierror v1.1.1 // indirect
	github.com/hashicorp/go-sockaddr v1.0.7 // indirect
	github.com/hashicorp/golang-lru v1.0.2 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/lufia/plan9stats v0.0.0-20211012122336-39d0f177ccd0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mfridman/interpolate v0.0.2 // indirect
	github.com/miekg/dns v1.1.73 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/nats-io/jwt/v2 v2.8.2 // indirect
	github.com/nats-io/nkeys v0.4.16 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/nexus-rpc/nexus-proto-annotations v0.1.0 // indirect
	github.com/nexus-rpc/sdk-go v0.7.0 // indirect
	github.com/power-devops/perfstat v0.0.0-20260805114148-88456608a4f6 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/robfig/cron v1.2.0 // indirect
	github.com/sean-/seed v0.0.0-20170313163322-e2103e2c3529 // indirect
	github.com/sethvargo/go-retry v0.5.0 // indirect
	github.com/stretchr/objx v0.5.3 // indirect
	github.com/tklauser/go-sysconf v0.4.0 // indirect
	github.com/tklauser/numcpus v0.12.0 // indirect
	github.com/yusufpapurcu/wmi v1.2.4 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20261005182115-fad411399dd8 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20261005182115-fad411399dd8 // indirect
	modernc.org/libc v1.80.1 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)
