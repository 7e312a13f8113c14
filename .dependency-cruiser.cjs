/** The house's one-way arrows: contract <- sdk <- cli, console; contract <- platform <- services <- main. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: '\\.(test|fixture)\\.ts$' },
  to: { path: '^(contract|server|sdk|cli|tests|bench|scripts)/', pathNot: [from, ...allowed] },
})

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('contract-is-pure', '^contract/', []),
    {
      name: 'contract-has-no-io',
      severity: 'error',
      from: { path: '^contract/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    only('sdk-knows-the-contract-alone', '^sdk/', ['^contract/']),
    only('cli-starts-the-server-by-main-alone', '^cli/', [
      '^contract/',
      '^sdk/',
      '^server/src/main\\.ts$',
      '^server/src/settings\\.ts$',
      '^server/src/platform/database/',
    ]),
    only('platform-knows-no-service', '^server/src/platform/', ['^contract/']),
    only('gateway-knows-no-other-service', '^server/src/gateway/', ['^contract/', '^server/src/platform/']),
    only('config-knows-no-other-service', '^server/src/config/', ['^contract/', '^server/src/platform/']),
    only('analytics-knows-no-other-service', '^server/src/analytics/', [
      '^contract/',
      '^server/src/platform/',
    ]),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
}
