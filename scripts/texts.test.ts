import type { Entry } from 'gettext-parser'
import t from 'tap'
import { merged, translationOf, type Catalogue } from './catalogues.ts'
import { problemsOf, problemsOfEntry } from './check-texts.ts'
import { textsOfSource } from './extract-texts.ts'

t.test('calls in sources', async t => {
  const source = `import { say, noted, plural, mark } from '../language/say.ts'
    say('a \\'quoted\\' text'); say("an apostrophe's text", { n: 1 }); say(\`two
lines\`)
    plural(items.length + 1, '{n} line', '{n} lines'); noted('took longer than {n} s', { n }); mark('read')
    say(text); plural(n, one, other); say(\`with \${value}\`)`
  const { texts, unread } = textsOfSource('x.ts', source)
  t.same(texts.map(({ id, plural, about }) => [id, plural, about]), [
    ["a 'quoted' text", undefined, ''], ["an apostrophe's text", undefined, ''], ['two\nlines', undefined, ''], ['{n} line', '{n} lines', ''],
    ['took longer than {n} s', undefined, 'note'], ['read', undefined, ''],
  ])
  t.same(unread, [5, 5, 5], 'what is no literal is named')
  t.same(textsOfSource('x.ts', "const say = (x) => x; say(text); say('text')"), { texts: [], unread: [] }, 'another function of that name')
})

t.test('catalogues follow the sources and keep what was translated', async t => {
  const entry = (msgid: string, translation: string): [string, Entry] => [msgid, { msgid, msgstr: [translation] }]
  const old: Catalogue = { name: 'x', entries: new Map([entry('stays', '留下'), entry('goes', '离开'), entry('open', '')]), obsolete: new Map([entry('comes back', '回来')]) }
  const source = (id: string) => ({ id, where: 'a-rule', about: 'title' })
  const now = merged(old, [source('stays'), source('comes back'), source('stays'), source('elsewhere'), source('new')], id => (id === 'elsewhere' ? entry(id, '别处')[1] : undefined))
  t.same([...now.entries].map(([id, one]) => [id, translationOf(one)]), [['stays', '留下'], ['comes back', '回来'], ['elsewhere', '别处'], ['new', '']])
  t.same([...now.obsolete.keys()], ['goes'])
})

t.test('what is wrong with a translation', async t => {
  const source = 'The driver {{fn.driver|none}} has {{fn.bdf}}; add intel_iommu=on to /etc/default/grub.'
  const good = '驱动 {{fn.driver|无}} 持有 {{fn.bdf}}；请把 intel_iommu=on 加入 /etc/default/grub。'
  t.same(problemsOf(source, good), [])
  const wrong: readonly (readonly [RegExp, string])[] = [
    [/placeholders differ: lacks \{\{fn\.bdf\}\}/, good.replace('{{fn.bdf}}', '它')],
    [/placeholders differ/, good.replace('fn.driver', 'fn.treiber')],
    [/placeholders differ/, good.replace('|无', '|')],
    [/broken placeholder/, good.replace('{{fn.bdf}}', '{{fn.bdf}} {{')],
    [/no Chinese/, source],
    [/lost intel_iommu=on/, good.replace('intel_iommu=on', '参数')],
    [/lost \/etc\/default\/grub/, good.replace('/etc/default/grub', '文件')],
    [/no full stop/, good.replace('。', '')],
    [/half-width punctuation/, good.replace('；请', '，请,')],
    [/between Chinese and Latin/, good.replace('把 intel', '把intel')],
    [/space beside/, good.replace('；请', '； 请')],
    [/white space at the end/, `${good} `],
  ]
  for (const [problem, translation] of wrong) t.match(problemsOf(source, translation).join('; '), problem, translation)
  t.same(problemsOf('{n} of {all} rules', '{all} 条规则中的 {n} 条'), [], 'placeholders may change places')
  t.match(problemsOf('{n} of {all} rules', '{all} 条规则').join(), /lacks \{n\}/)
  t.same(problemsOfEntry({ msgid: 'virsh edit VM', msgstr: ['virsh edit VM'], comments: { flag: 'verbatim' } }), [])
  t.same(problemsOfEntry({ msgid: 'virsh edit VM', msgstr: ['virsh edit'], comments: { flag: 'verbatim' } }), ['marked as verbatim, and differs'])
  t.same(problemsOfEntry({ msgid: 'a text', msgstr: [''] }), ['no translation'])
})
