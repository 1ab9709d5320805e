/** Lines that speech models learned from subtitles and write where nothing is said. Never evidence by themselves. */
import { plainWords } from "./repetition.ts";

const LINES = new Set(
  [
    "Thank you.",
    "Thank you very much.",
    "Thank you for watching.",
    "Thanks for watching.",
    "Thank you so much for watching.",
    "Please subscribe.",
    "Please subscribe to my channel.",
    "Don't forget to subscribe.",
    "Like and subscribe.",
    "See you in the next video.",
    "Subtitles by the Amara.org community",
    "Transcription by CastingWords",
    "Bye.",
    "Bye-bye.",
    "You",
    "Untertitel der Amara.org-Community",
    "Untertitel im Auftrag des ZDF für funk",
    "Vielen Dank.",
    "Vielen Dank fürs Zuschauen.",
    "Sous-titres réalisés par la communauté d'Amara.org",
    "Sous-titrage Société Radio-Canada",
    "Merci d'avoir regardé cette vidéo.",
    "Subtítulos realizados por la comunidad de Amara.org",
    "Gracias por ver el video.",
    "Sottotitoli creati dalla comunità Amara.org",
    "Legendas pela comunidade Amara.org",
    "Ondertitels ingediend door de Amara.org gemeenschap",
    "Редактор субтитров А.Синецкая Корректор А.Егорова",
    "Продолжение следует...",
    "Субтитры сделал DimaTorzok",
    "ご視聴ありがとうございました",
    "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
    "시청해주셔서 감사합니다.",
  ].map(plain),
);

/** Whether a text is one of the known lines and nothing else. */
export function isPhantomLine(text: string): boolean {
  return LINES.has(plain(text));
}

function plain(text: string): string {
  return plainWords(text).join(" ");
}
