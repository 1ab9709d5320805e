/**
 * What everybody tries first, in lower case, of the lengths that are allowed. Short on purpose: with ten tries in a quarter of an
 * hour for an account, it is the head of the list that matters.
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
  password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword pa55word passwort
  passwort1 motdepasse contrasena wachtwoord parola123 12345678 123456789 1234567890 0123456789 987654321
  87654321 11111111 00000000 88888888 12341234 11223344 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 qazwsxedc
  zaq12wsx zaq1zaq1 q1w2e3r4 q1w2e3r4t5 qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop qwertzuiop
  azertyuiop asdfghjk asdfghjkl asdf1234 asdfasdf zxcvbnm1 zxcvbnm123 abcd1234 abc12345 abc123456 abcdefgh
  abcdefghi a1b2c3d4 aa123456 a1234567 a12345678 123456abc 123456aa 123qweasd 123abc123 qwe123456 iloveyou
  iloveyou1 iloveyou2 loveyou1 lovelove sunshine sunshine1 princess princess1 football football1 baseball
  baseball1 basketball superman superman1 spiderman starwars pokemon1 pokemon123 whatever whatever1 trustno1
  welcome1 welcome12 welcome123 letmein1 letmein123 changeme changeme1 changeme123 changeit default1
  secret123 security internet computer computer1 michelle jennifer jessica1 michael1 charlie1 samantha
  victoria alexander dragon123 monkey123 master123 shadow123 killer123 hello123 hellohello test1234 testtest
  test12345 tester123 testing1 testing123 admin123 admin1234 administrator adminadmin root1234 rootroot
  toor1234 guest123 user1234 demo1234 student1 teacher1 summer2023 summer2024 summer2025 summer2026
  winter2023 winter2024 winter2025 winter2026 spring2024 spring2025 autumn2024 autumn2025 liverpool
  liverpool1 chelsea1 arsenal1 barcelona manchester elizabeth jordan23 midnight butterfly chocolate cupcakes
  snowball sweetheart diamond1 mercedes corvette mustang1 maverick november december september freedom1
  blink182 babygirl babygirl1 lovers123 fuckyou1 fuckyou2 asshole1 qweasdzxc qweqweqwe qwer1234 zxcv1234
  1234qwer 1234asdf 12qwaszx 147258369 159357456 159753456 741852963 789456123 321654987 112233445566
  aaaaaaaa qqqqqqqq zzzzzzzz xxxxxxxx abcabcabc uspeech1 uspeech123 transcript transcribe
  `
    .trim()
    .split(/\s+/),
);
