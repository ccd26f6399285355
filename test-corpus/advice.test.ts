/** Advice that was right once, or is right for some cards only: where a fix gives it, the version or the card stands in the rule or in the very step. */
import t from 'tap'
import { loadRules } from '../engine/load.ts'
import { leavesOf } from '../engine/needs.ts'
import type { Condition, FixTemplate, Rule } from '../model/rule.ts'

const { rules, shared } = loadRules('rules', null)

/** A fix with what it says and what it hangs on. */
interface Advice { readonly rule: Rule; readonly fix: FixTemplate; readonly place: number; readonly text: string; readonly bounds: string }

const written = (condition: Condition | undefined): string[] => (condition ? leavesOf(condition).map(({ leaf }) => `${leaf.fact}.${leaf.path} ${leaf.operator} ${JSON.stringify(leaf.value)}`) : [])
const advice: Advice[] = rules.flatMap(rule => rule.fixes.flatMap((fix, place) => fix.steps.map(step => ({
  rule, fix, place, text: `${fix.title}\n${JSON.stringify(step)}`, bounds: [...written(rule.conditions), ...written(fix.when)].join('\n'),
}))))

interface Dated {
  readonly says: RegExp
  /** Words of the same step that take it back or warn of it: not the advice. */
  readonly not?: RegExp
  readonly only: string
  readonly holds: (given: Advice) => boolean
}

const cards = /Polaris|Vega|Navi ?1|Navi 10/
const dated: Readonly<Record<string, Dated>> = {
  'hiding the hypervisor': {
    says: /hidden state='on'|hidden=1|kvm=off|[,( ]-hypervisor\b|policy='disable' name='hypervisor'/, not: /take (?:out )?(?:<|-)|\bremove\b/,
    only: 'for NVIDIA drivers below 465.89 and cards that had one, and for Arc as a test',
    holds: ({ bounds, fix }) => (/nvidiaAllowsVmShown equal false/.test(bounds) && /fn\.id doesNotMatch/.test(bounds)) || (/VEN_8086&DEV_/.test(bounds) && /As a test/.test(fix.title)),
  },
  'vendor-reset': {
    says: /gnif\/vendor-reset|modules-load\.d\/vendor-reset|vendor-reset (?:on|for|with)\b/, not: /dkms (?:remove|install)|git clone/,
    only: 'for the AMD cards it knows',
    holds: ({ rule, fix, text, bounds }) => cards.test(`${text} ${fix.caution ?? ''}`) || /fn\.id (?:matches|in) |modules contains "vendor_reset"|fn\.resetMethods/.test(bounds) || rule.id.startsWith('vr-'),
  },
  'video=efifb:off': {
    says: /efifb:off|vesafb:off/, not: /take video=|cmdline-remove/,
    only: 'on kernels below 5.15, whose framebuffer is efifb',
    holds: ({ bounds }) => /host\.kernel versionBelow "5\.1\d"/.test(bounds),
  },
  'initcall_blacklist=sysfb_init': {
    says: /initcall_blacklist=sysfb_init/, not: /cmdline-remove/,
    only: 'on kernels that have it',
    holds: ({ bounds, text, fix }) => /host\.kernel versionAtLeast "5\.1\d"|simpledrm|sysfb/i.test(bounds) || /5\.1\d/.test(`${text} ${fix.caution ?? ''}`),
  },
  'pcie_aspm=off': { says: /pcie_aspm=off/, not: /take pcie_aspm=off|tells whether/, only: 'never first', holds: ({ place }) => place > 0 },
  'pci=noaer': { says: /noaer/, only: 'to say that it hides', holds: ({ text }) => /only hide/.test(text) },
  'the GSP switched off': { says: /EnableGpuFirmware=0/, not: /delete/, only: 'for the proprietary module on Turing to Ada', holds: ({ text }) => /proprietary/.test(text) && /Turing/.test(text) },
  'the ACS patch': { says: /pcie_acs_override=/, not: /cmdline-remove|\btake\b/, only: 'with a warning, on kernels that carry it', holds: ({ fix, text }) => fix.caution !== undefined && /patch|Proxmox|Unraid|kernel/i.test(`${text} ${fix.caution}`) },
  'unsafe interrupts': { says: /allow_unsafe_interrupts=/, not: /cmdline-remove/, only: 'with a warning', holds: ({ fix }) => fix.caution !== undefined },
  'the split irqchip': { says: /kernel_irqchip=on|ioapic driver='kvm'/, not: /\btake\b|remove/, only: 'for q35 of QEMU 4.0 and later', holds: ({ bounds, text, rule }) => /vm\.chipset|vm\.machine|irqchip/.test(bounds) || /q35/.test(text) || /split interrupt controller/.test(rule.cause) },
  'a patched driver': { says: /patcher|patch(?:ed)? (?:the )?driver|unlocked driver/i, only: 'never', holds: () => false },
  'a cure for all of vfio_virqfd': { says: /vfio_virqfd/, not: /\btake\b|remove|delete/, only: 'below 6.2', holds: ({ bounds, rule }) => rule.id === 'vfio-virqfd-removed' || /versionBelow "6\.2"/.test(bounds) },
}

for (const [name, { says, not, only, holds }] of Object.entries(dated)) {
  t.test(`${name}: ${only}`, async t => {
    const given = advice.filter(({ text }) => says.test(text) && !(not?.test(text) ?? false))
    t.same(given.filter(each => !holds(each)).map(({ rule, text }) => `${rule.id}: ${text}`), [])
  })
}

t.test('recipes hold none of it', async t => {
  for (const [name, recipe] of Object.entries(shared.recipes)) t.notMatch(JSON.stringify(recipe), /efifb:off|noaer|hidden|vendor-reset|pcie_aspm=off/, name)
})

t.test('the sweep sees the advice that it is about', async t => {
  for (const name of ['hiding the hypervisor', 'vendor-reset', 'video=efifb:off', 'pcie_aspm=off', 'the GSP switched off', 'the ACS patch']) {
    t.ok(advice.some(({ text }) => dated[name]?.says.test(text)), name)
  }
})
