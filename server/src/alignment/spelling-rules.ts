/**
 * English spelling as rules, after the letter-to-sound rules of the US Naval Research Laboratory (Elovitz, Johnson, McHugh and
 * Shore 1976, in the public domain), with the symbols of the ARPAbet. A rule is: what stands before, `[letters]`, what
 * follows, `=`, the sounds; then `;`. The first rule of a letter that fits is taken.
 *
 * In contexts `#` is vowels, `:` any consonants or none, `^` one consonant, `.` a voiced consonant, `+` e, i or y, `%` a suffix
 * (er, e, es, ed, ing, ely), `_` the word's edge.
 */
export const SPELLING_RULES = `
_[a]_=ax; _[are]_=aa r; _[ar]o=ax r; [ar]#=eh r; ^[as]#=ey s; [a]wa=ax; [aw]=ao; _:[any]=eh n iy;
[a]^+#=ey; #:[ally]=ax l iy; _[al]#=ax l; [again]=ax g eh n; #:[ag]e=ih jh; [a]^%=ey; [a]^+:#=ae;
_:[a]^+_=ey; [arr]=eh r; _:[ar]_=aa r; #:[ar]_=er; [ar]=aa r; [air]=eh r; [ai]=ey; [ay]=ey; [au]=ao;
#:[al]_=ax l; #:[als]_=ax l z; [alk]=ao k; [alm]=aa m; [al]^=ao l; _:[able]=ey b ax l; [able]=ax b ax l;
[ang]+=ey n jh; [ath]_=ae th; _[a]ppr=ax; _[a]cc=ax; _[a]bo=ax; #:[a]_=ax; #:[an]_=ax n; #:[ant]_=ax n t;
#:[ance]=ax n s; #:[ate]_=ey t; w[ar]_=ao r; w[ar]^=ao r; w[a]sh=aa; w[a]t=ao; w[a]nt=aa; w[a]s=aa;
qu[a]l=aa; qu[a]r=ao; [aa]=aa; [ae]=iy; [a]=ae;
_[b]_=b iy; m[b]_=; _[be]^#=b ih; [being]=b iy ih ng; _[both]_=b ow th; _[bus]#=b ih z; [buil]=b ih l;
[bb]=b; [b]=b;
_[ch]^=k; ^e[ch]=k; [chem]=k eh m; [charac]=k eh r ax k; [chor]=k ao r; [ch]=ch; _s[ch]=k; s[ci]#=;
[ci]a=sh; [ci]o=sh; [ci]en=sh; [cc]+=k s; [cc]=k; [ck]=k; [com]%=k ah m; [cqu]=k w; [c]+=s; [c]=k;
#:[ded]_=d ih d; .e[d]_=d; #:^e[d]_=t; _[de]^#=d ih; _[do]_=d uw; _[does]=d ah z; _[doing]=d uw ih ng;
_[dow]=d aw; [du]a=jh uw; [dge]_=jh; [dg]=jh; [dd]=d; [d]=d;
#:[e]_=; ':^[e]_=; _:[e]_=iy; #[ed]_=d; t[ed]_=ih d; d[ed]_=ih d; #:[e]d_=; [ev]er=eh v; [e]^%=iy;
[eri]#=ih r iy; [eri]=eh r ih; #:[ered]_=er d; #:[er]#=er; [ear]th=er; [ear]n=er; [ear]l=er; [ear]d_=er;
[earch]=er ch; [er]#=eh r; [er]=er; _[even]=iy v ih n; #:[e]w=; t[ew]=uw; s[ew]=uw; r[ew]=uw; d[ew]=uw;
l[ew]=uw; z[ew]=uw; n[ew]=uw; j[ew]=uw; [ew]=y uw; [e]o=iy; #:s[es]_=ih z; #:c[es]_=ih z; #:g[es]_=ih z;
#:z[es]_=ih z; #:x[es]_=ih z; #:j[es]_=ih z; #:ch[es]_=ih z; #:sh[es]_=ih z; #:[e]s_=; #:[ely]_=l iy;
#:[ement]=m ax n t; #:[eful]=f ax l; #:[eless]=l ax s; #:[eness]=n ax s; [eful]=f uh l; [ee]=iy;
[early]=er l iy; _[ear]=ih r; [ear]=ih r; [ead]=eh d; #:[ea]_=iy ax; [ea]su=eh; [ealth]=eh l th;
[eather]=eh dh er; [eav]y=eh v; [eak]_=ey k; [ea]=iy; b[eau]=y uw; [eau]=ow; [eigh]=ey; [eir]=eh r;
[ei]=iy; _[eye]=ay; [ey]_=iy; [ey]=ey; [eu]=y uw; #:[en]_=ax n; #:[ent]_=ax n t; #:[ence]=ax n s;
#:[el]_=ax l; _[exa]=ih g z ae; _[exi]=eh g z ih; _[e]x=ih; [e]=eh;
[ff]=f; [f]=f;
[give]=g ih v; _[g]i^=g; [ge]t=g eh; [gges]=g jh eh s; [gg]=g; _b#[g]=g; [girl]=g er l; [g]+=jh;
[great]=g r ey t; [gon]e=g ao n; #[gh]=; _[gh]=g; _[gn]=n; [gn]_=n; [gue]_=g; [guar]=g aa r; [gu]+=g;
[g]=g;
_[hav]=hh ae v; _[here]=hh ih r; _[hour]=aw er; _[honest]=aa n ax s t; _[honor]=aa n er; _[heir]=eh r;
[how]=hh aw; [h]#=hh; [h]=;
_[in]=ih n; _[i]_=ay; [in]d_=ay n; [ier]=iy er; #:r[ied]=iy d; [ied]_=ay d; [ien]=iy eh n; [ie]t=ay ih;
_:[i]%=ay; [i]%=iy; [ie]=iy; [i]^+:#=ih; [ir]#=ay r; [iz]%=ay z; [is]%=ay z; [i]d%=ay; +^[i]^+=ih;
[i]t%=ay; #:^[i]^+=ih; [i]^+=ay; [ir]=er; [igh]=ay; [ild]_=ay l d; [ign]_=ay n; [ign]^=ay n; [ique]=iy k;
[ia]=iy ax; #:[ism]=ih z ax m; [i]=ih;
[j]=jh;
_[k]n=; [k]=k;
[lo]c#=l ow; l[l]=; #:^[l]%=ax l; [lead]=l iy d; [le]_=ax l; [laugh]=l ae f; [l]=l;
[mov]=m uw v; m[m]=; [m]=m;
e[ng]+=n jh; [ng]r=ng g; [ng]#=ng g; [ngl]%=ng g ax l; [ng]=ng; [nk]=ng k; [nx]=ng k s; [nqu]=ng k w;
_[now]_=n aw; [nn]=n; [n]=n;
[of]_=ax v; [orough]=er ow; #:[or]_=er; #:[ors]_=er z; w[or]=er; [or]=ao r; _[one]=w ah n; [ow]er=aw;
[own]_=aw n; [owd]=aw d; [owl]=aw l; [ow]=ow; _[over]=ow v er; [ov]=ah v; [o]^%=ow; [o]^en=ow; [o]^i#=ow;
[ol]d=ow l; [oll]_=ow l; [ought]=ao t; [oughi]=ah f; [ough]=ow; _[ou]=aw; h[ou]s#=aw; [ous]_=ax s;
[ously]_=ax s l iy; [our]=ao r; [ould]=uh d; ^[ou]^l=ah; [oup]=uw p; [ou]=aw; [oy]=oy; [oing]=ow ih ng;
[oi]=oy; [oor]=ao r; [ook]=uh k; [ood]_=uh d; [oo]=uw; [o]e=ow; [o]_=ow; [oa]=ow; _[only]=ow n l iy;
_[once]=w ah n s; [on't]=ow n t; c[o]n=ax; [o]ng=ao; _:^[o]n=ah; i[on]=ax n; #:[on]_=ax n; #^[on]=ax n;
[o]st_=ow; [of]^=ao f; [other]=ah dh er; [oss]_=ao s; #:^[om]=ax m; [o]=aa;
[ph]=f; [peop]=p iy p; [pow]=p aw; [put]_=p uh t; _[ps]=s; _[pn]=n; [pp]=p; [p]=p;
[quar]=k w ao r; [que]_=k; [qu]=k w; [q]=k;
_[re]^#=r iy; [rh]=r; [rr]=r; [r]=r;
_[wr]=r; _[were]=w er; [wa]s=w aa; [where]=w eh r; [what]=w ah t; [whol]=hh ow l; [who]=hh uw; [wh]=w;
[wor]^=w er; [wr]=r; [w]=w;
[sh]=sh; #[sion]=zh ax n; [some]=s ah m; #[sur]#=zh er; [sur]#=sh er; #[su]#=zh uw; #[ssu]#=sh uw;
#[sed]_=z d; #[s]#=z; [said]=s eh d; ^[sion]=sh ax n; [ssion]=sh ax n; [s]s=; .[s]_=z; #:.e[s]_=z;
#:^#[s]_=s; u[s]_=s; _:#[s]_=z; #[s]_=z; _[sch]=s k; [s]c+=; #[sm]=z m; [s]=s;
_[the]_=dh ax; [to]_=t uw; [that]_=dh ae t; _[this]_=dh ih s; _[they]=dh ey; _[there]=dh eh r;
[ther]=dh er; [their]=dh eh r; _[than]_=dh ae n; _[them]_=dh eh m; _[these]_=dh iy z; _[then]=dh eh n;
[through]=th r uw; _[those]=dh ow z; [though]_=dh ow; _[thus]=dh ah s; _[thou]_=dh aw; _[thy]=dh ay;
[thing]=th ih ng; [the]_=dh; [th]=th; #:[ted]_=t ih d; s[ti]#n=ch; [tia]=sh ax; [tience]=sh ax n s;
[tient]=sh ax n t; [tion]=sh ax n; [tious]=sh ax s; [tur]#=ch er; [tu]a=ch uw; _[two]=t uw; [tch]=ch;
s[t]en_=; f[t]en_=; s[t]le=; [tt]=t; [t]=t;
_[un]i=y uw n; _[un]=ah n; _[upon]=ax p ao n; t[ur]#=uh r; s[ur]#=uh r; r[ur]#=uh r; d[ur]#=uh r;
l[ur]#=uh r; [ur]#=y uh r; [ur]=er; [u]^_=ah; [u]^^=ah; [uy]=ay; g[u]#=; t[u]=uw; s[u]=uw; r[u]=uw;
d[u]=uw; l[u]=uw; z[u]=uw; n[u]=uw; j[u]=uw; #n[u]=y uw; [u]=y uw;
[view]=v y uw; [vv]=v; [v]=v;
_[x]=z; [xc]+=k s; [x]=k s;
[young]=y ah ng; _[you]=y uw; _[yes]=y eh s; _[y]=y; #:^[y]_=iy; #:^[y]i=iy; _:[y]_=ay; _:[y]#=ay;
_:[y]^+:#=ih; _:[y]^#=ay; [y]=ih;
[zz]=z; [z]=z
`;
